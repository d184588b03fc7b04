//! Ids as clients see them. Database ids derive from the place in the world; node ids pack them as
//! GitHub's do: a prefix for the type, then MessagePack in base64 (`I_kwDO…` is `[0, repository,
//! issue]`).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

pub(crate) use crate::keys::DatabaseId;
use crate::keys::database_ids;
use crate::world::{
    CommentKey, EventKey, IssueKey, IssueTypeKey, LabelKey, MilestoneKey, RepositoryKey, UserKey,
    World,
};

database_ids! {
    UserKey: 21_031_067, 7_919;
    RepositoryKey: 583_231_000, 10_007;
    LabelKey: 4_152_000_300, 17;
    MilestoneKey: 9_120_400, 13;
    IssueTypeKey: 1_241_500, 3;
    IssueKey: 2_400_000_041, 5;
    CommentKey: 1_690_000_013, 3;
    EventKey: 11_300_000_007, 2;
}

/// A pull request has an id of its own beside the one of the issue that it is too.
pub(crate) fn pull_request_id(issue: IssueKey) -> u64 {
    1_500_000_019 + u64::from(issue.0) * 7
}

fn issue_of_pull_request_id(id: u64) -> Option<IssueKey> {
    let offset = id.checked_sub(1_500_000_019)?;
    (offset % 7 == 0).then(|| u32::try_from(offset / 7).ok().map(IssueKey)).flatten()
}

fn pack(prefix: &str, numbers: &[u64]) -> String {
    let mut bytes = vec![0x90 | (numbers.len() as u8 + 1), 0];
    for &number in numbers {
        match u32::try_from(number) {
            Ok(small) => {
                bytes.push(0xce);
                bytes.extend(small.to_be_bytes());
            }
            Err(_) => {
                bytes.push(0xcf);
                bytes.extend(number.to_be_bytes());
            }
        }
    }
    format!("{prefix}_{}", URL_SAFE_NO_PAD.encode(bytes))
}

fn unpack(node_id: &str) -> Option<(&str, Vec<u64>)> {
    let (prefix, packed) = node_id.split_once('_')?;
    let bytes = URL_SAFE_NO_PAD.decode(packed).ok()?;
    let (&[_, 0], mut rest) = bytes.split_first_chunk::<2>()? else { return None };
    let mut numbers = Vec::new();
    while let Some((&width, tail)) = rest.split_first() {
        rest = match width {
            0xce => {
                let (number, tail) = tail.split_first_chunk()?;
                numbers.push(u64::from(u32::from_be_bytes(*number)));
                tail
            }
            0xcf => {
                let (number, tail) = tail.split_first_chunk()?;
                numbers.push(u64::from_be_bytes(*number));
                tail
            }
            _ => return None,
        };
    }
    Some((prefix, numbers))
}

/// What a node id names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Named {
    User(UserKey),
    Repository(RepositoryKey),
    Label(LabelKey),
    Milestone(MilestoneKey),
    IssueType(IssueTypeKey),
    Issue(IssueKey),
    Comment(CommentKey),
}

impl World {
    pub(crate) fn user_node_id(&self, key: UserKey) -> String {
        use crate::world::UserKind::{Bot, Organization, Person};
        let prefix = match self[key].kind {
            Person => "U",
            Bot => "BOT",
            Organization => "O",
        };
        pack(prefix, &[key.database_id()])
    }

    pub(crate) fn repository_node_id(&self, key: RepositoryKey) -> String {
        pack("R", &[key.database_id()])
    }

    pub(crate) fn issue_node_id(&self, key: IssueKey) -> String {
        let issue = &self[key];
        let repository = issue.repository.database_id();
        if issue.is_pull_request() {
            pack("PR", &[repository, pull_request_id(key)])
        } else {
            pack("I", &[repository, key.database_id()])
        }
    }

    pub(crate) fn comment_node_id(&self, key: CommentKey) -> String {
        pack("IC", &[self[self[key].issue].repository.database_id(), key.database_id()])
    }

    pub(crate) fn label_node_id(&self, key: LabelKey) -> String {
        pack("LA", &[self[key].repository.database_id(), key.database_id()])
    }

    pub(crate) fn milestone_node_id(&self, key: MilestoneKey) -> String {
        pack("MI", &[self[key].repository.database_id(), key.database_id()])
    }

    pub(crate) fn issue_type_node_id(&self, key: IssueTypeKey) -> String {
        pack("IT", &[key.database_id()])
    }

    pub(crate) fn event_node_id(&self, key: EventKey) -> String {
        let prefix: String =
            self[key].kind.type_name().chars().filter(char::is_ascii_uppercase).collect();
        let issue = self[key].issue;
        let repository = self[issue].repository;
        pack(&prefix, &[repository.database_id(), issue.database_id(), key.database_id()])
    }

    /// What `node_id` names, whether or not a client may see it.
    pub(crate) fn named(&self, node_id: &str) -> Option<Named> {
        let (prefix, numbers) = unpack(node_id)?;
        let id = *numbers.last()?;
        let within = |place: u32, length: usize| (place as usize) < length;
        let named = match prefix {
            "U" | "BOT" | "O" => UserKey::from_database_id(id)
                .filter(|key| within(key.0, self.users.len()))
                .map(Named::User),
            "R" => RepositoryKey::from_database_id(id)
                .filter(|key| within(key.0, self.repositories.len()))
                .map(Named::Repository),
            "LA" => LabelKey::from_database_id(id)
                .filter(|key| within(key.0, self.labels.len()))
                .map(Named::Label),
            "MI" => MilestoneKey::from_database_id(id)
                .filter(|key| within(key.0, self.milestones.len()))
                .map(Named::Milestone),
            "IT" => IssueTypeKey::from_database_id(id)
                .filter(|key| within(key.0, self.issue_types.len()))
                .map(Named::IssueType),
            "IC" => CommentKey::from_database_id(id)
                .filter(|key| within(key.0, self.comments.len()))
                .map(Named::Comment),
            "I" => IssueKey::from_database_id(id)
                .filter(|key| within(key.0, self.issues.len()))
                .filter(|&key| !self[key].is_pull_request())
                .map(Named::Issue),
            "PR" => issue_of_pull_request_id(id)
                .filter(|key| within(key.0, self.issues.len()))
                .filter(|&key| self[key].is_pull_request())
                .map(Named::Issue),
            _ => None,
        }?;
        // An id that names the wrong repository is nobody's id.
        let repository = match named {
            Named::Issue(key) => Some(self[key].repository),
            Named::Comment(key) => Some(self[self[key].issue].repository),
            Named::Label(key) => Some(self[key].repository),
            Named::Milestone(key) => Some(self[key].repository),
            _ => None,
        };
        match (repository, numbers.as_slice()) {
            (Some(repository), [first, _]) if *first == repository.database_id() => Some(named),
            (None, [_]) => Some(named),
            _ => None,
        }
    }
}
