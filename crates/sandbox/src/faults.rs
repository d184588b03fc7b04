//! Faults that the next requests run into.

use serde::Deserialize;

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum FaultKind {
    /// The answer has this status and an error text, as from a proxy.
    Status {
        /// Such as 502.
        status: u16,
    },
    /// The answer begins well and ends in the middle.
    Cut,
    /// The answer is a page of HTML with status 200.
    Html,
    /// The link to the next page names another host.
    ForeignNext {
        /// Scheme and host, such as `https://elsewhere.example`.
        host: String,
    },
    /// There is always a next page.
    EndlessPages,
}

/// A fault and whom it meets.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Fault {
    /// What goes wrong.
    #[serde(flatten)]
    pub kind: FaultKind,
    /// How many requests it meets.
    #[serde(default = "once")]
    pub times: u32,
    /// It meets only requests whose path contains this.
    #[serde(default)]
    pub path_contains: String,
}

const fn once() -> u32 {
    1
}

impl Fault {
    /// A fault that meets the next request, whatever it asks.
    #[must_use]
    pub const fn next(kind: FaultKind) -> Self {
        Self { kind, times: 1, path_contains: String::new() }
    }

    /// The same fault for the next `times` requests.
    #[must_use]
    pub const fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    /// The same fault, only where the path contains `part`.
    #[must_use]
    pub fn on(mut self, part: &str) -> Self {
        part.clone_into(&mut self.path_contains);
        self
    }
}

#[derive(Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    pub fn add(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// The fault that this request meets, if any; the first one that suits.
    pub fn meet(&mut self, path: &str) -> Option<FaultKind> {
        let place = self
            .0
            .iter()
            .position(|fault| fault.times > 0 && path.contains(&fault.path_contains))?;
        let fault = &mut self.0[place];
        fault.times -= 1;
        let kind = fault.kind.clone();
        if fault.times == 0 {
            self.0.remove(place);
        }
        Some(kind)
    }
}
