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
const help = document.getElementById("help");
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
  const answer = await response.json();
  // A token may end while the page is open.
  if (response.status === 401) signOut(answer.errors[0].message);
  return answer;
}

function signOut(reason) {
  sessionStorage.removeItem(KEY);
  state.textContent = reason;
  help.hidden = false;
}

// Opens the editor where the token is good. A new key makes a new GraphiQL, which reads the schema
// with the new token.
let shown = 0;
async function signIn(token) {
  sessionStorage.setItem(KEY, token);
  state.textContent = "…";
  let answer;
  try {
    answer = await ask({ query: "{ viewer { name } }" });
  } catch (error) {
    signOut(`The API cannot be reached: ${error.message}`);
    return;
  }
  if (!answer.data) {
    signOut(answer.errors[0].message);
    return;
  }
  state.textContent = `You ask with the token "${answer.data.viewer.name}".`;
  help.hidden = true;
  shown += 1;
  root.render(React.createElement(GraphiQL, {
    key: shown,
    fetcher: ask,
    defaultQuery: EXAMPLE,
    isHeadersEditorEnabled: false,
    showPersistHeadersSettings: false,
  }));
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const token = field.value.trim();
  field.value = "";
  signIn(token);
});

const kept = sessionStorage.getItem(KEY);
if (kept) {
  signIn(kept);
} else {
  field.focus();
}
