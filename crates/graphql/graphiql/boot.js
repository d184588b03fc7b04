// Shows GraphiQL over /graphql. The token stays in this tab: it is sent as a header, never as part
// of an address, and is forgotten when the tab closes.
"use strict";

const KEY = "mainstem-token";

const EXAMPLE = `# What is being worked on, and what holds it up?
{
  tasks(first: 10, filter: { status: { category: { eq: IN_PROGRESS } } }) {
    totalCount
    nodes {
      key
      title
      assignees { name }
      blockedBy(first: 5) { nodes { key title } }
    }
  }
}
`;

const form = document.getElementById("sign-in");
const state = document.getElementById("state");
const field = document.getElementById("token");
const root = ReactDOM.createRoot(document.getElementById("graphiql"));

async function ask(params) {
  const response = await fetch("/graphql", {
    method: "POST",
    headers: {
      "accept": "application/graphql-response+json, application/json",
      "authorization": `Bearer ${sessionStorage.getItem(KEY) ?? ""}`,
      "content-type": "application/json",
    },
    body: JSON.stringify(params),
  });
  state.textContent = response.status === 401 ? "This token is not valid." : "";
  return response.json();
}

// A new key makes a new GraphiQL, which reads the schema with the new token.
let shown = 0;
function show() {
  shown += 1;
  root.render(React.createElement(GraphiQL, { key: shown, fetcher: ask, defaultQuery: EXAMPLE }));
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem(KEY, field.value.trim());
  field.value = "";
  show();
});

if (sessionStorage.getItem(KEY)) {
  show();
} else {
  state.textContent = "Paste a token to begin.";
}
