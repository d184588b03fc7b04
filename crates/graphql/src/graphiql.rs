//! GraphiQL, embedded: the page loads nothing from elsewhere.

/// The policy that the page works under; the server sends it as `Content-Security-Policy` with every
/// asset. The editor positions its parts by inline styles, and the style sheet holds its fonts.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; \
     style-src 'self' 'unsafe-inline'; font-src data:; img-src 'self' data:; frame-ancestors 'none'; \
     base-uri 'none'; form-action 'self'";

/// The content type and bytes of an asset by its path below `/graphiql/`; the empty path is the page.
#[must_use]
pub fn asset(path: &str) -> Option<(&'static str, &'static [u8])> {
    const HTML: &str = "text/html; charset=utf-8";
    const SCRIPT: &str = "text/javascript; charset=utf-8";
    const STYLE: &str = "text/css; charset=utf-8";
    macro_rules! file {
        ($kind:expr, $name:literal) => {
            ($kind, include_bytes!(concat!("../graphiql/", $name)).as_slice())
        };
    }
    Some(match path {
        "" | "index.html" => file!(HTML, "index.html"),
        "boot.css" => file!(STYLE, "boot.css"),
        "boot.js" => file!(SCRIPT, "boot.js"),
        "graphiql.min.css" => file!(STYLE, "graphiql.min.css"),
        "graphiql.min.js" => file!(SCRIPT, "graphiql.min.js"),
        "react.production.min.js" => file!(SCRIPT, "react.production.min.js"),
        "react-dom.production.min.js" => file!(SCRIPT, "react-dom.production.min.js"),
        _ => return None,
    })
}
