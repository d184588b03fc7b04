//! Links between issues, and from issues to elsewhere.

use mainstem_model::Timestamp;

use crate::jira::catalogue::LinkType;
use crate::jira::world::{
    Change, Happening, IssueKey, Link, LinkKey, RemoteLink, RemoteLinkKey, World,
};

impl World {
    /// Links two issues: `source` "blocks" `target`, in the words of the type. Both histories tell of
    /// it. `None` where they are linked so already, or are the same.
    pub fn link(&mut self, kind: LinkType, source: IssueKey, target: IssueKey) -> Option<LinkKey> {
        let known = self[source].links.iter().any(|&link| {
            let link = &self[link];
            link.kind == kind && link.source == source && link.target == target
        });
        if known || source == target {
            return None;
        }
        self.hold_in_index(source);
        self.hold_in_index(target);
        let at = self.moments.advance();
        let key = self.add_link(kind, source, target);
        self.happen(Happening::Link("created", key));
        self.tell_link(key, true, at);
        Some(key)
    }

    pub(crate) fn add_link(
        &mut self,
        kind: LinkType,
        source: IssueKey,
        target: IssueKey,
    ) -> LinkKey {
        let key = LinkKey(self.links.len() as u32);
        self.links.push(Link { kind, source, target, deleted: false });
        self.issues[source.0 as usize].links.push(key);
        self.issues[target.0 as usize].links.push(key);
        key
    }

    /// Removes a link from both issues.
    pub fn unlink(&mut self, link: LinkKey) {
        let Link { source, target, .. } = self[link];
        self.hold_in_index(source);
        self.hold_in_index(target);
        let at = self.moments.advance();
        self.remove_link(link);
        self.happen(Happening::Link("deleted", link));
        self.tell_link(link, false, at);
    }

    pub(crate) fn remove_link(&mut self, link: LinkKey) {
        let Link { source, target, .. } = self[link];
        self.links[link.0 as usize].deleted = true;
        for issue in [source, target] {
            self.issues[issue.0 as usize].links.retain(|&other| other != link);
        }
    }

    fn tell_link(&mut self, link: LinkKey, added: bool, at: Timestamp) {
        let Link { kind, source, target, .. } = self[link];
        let kind = kind.entry();
        for (issue, other, reads) in [(source, target, kind.outward), (target, source, kind.inward)]
        {
            let change = Change::Link(added, reads, self[other].name);
            if self.links_move_updated {
                self.finish(issue, vec![change], at);
            } else {
                self.record(issue, self.actor, vec![change], at);
                self.announce_to_index(issue, false);
            }
        }
    }

    /// Links an issue to something elsewhere. As in Jira's own code this leaves an entry in the issue's
    /// history and moves its time, and so does removing the link.
    pub fn link_elsewhere(
        &mut self,
        issue: IssueKey,
        url: &str,
        title: &str,
        relationship: Option<&str>,
    ) -> RemoteLinkKey {
        self.hold_in_index(issue);
        let at = self.moments.advance();
        let relationship = relationship.map(str::to_owned);
        let key = self.add_remote_link(issue, url.to_owned(), title.to_owned(), relationship);
        self.finish(issue, vec![Change::RemoteLink(key)], at);
        key
    }

    pub(crate) fn add_remote_link(
        &mut self,
        issue: IssueKey,
        url: String,
        title: String,
        relationship: Option<String>,
    ) -> RemoteLinkKey {
        let key = RemoteLinkKey(self.remote_links.len() as u32);
        self.remote_links.push(RemoteLink {
            issue,
            url,
            title,
            relationship,
            resolved: false,
            deleted: false,
        });
        self.issues[issue.0 as usize].remote_links.push(key);
        key
    }

    /// Removes a link to elsewhere.
    pub fn unlink_elsewhere(&mut self, link: RemoteLinkKey) {
        let issue = self[link].issue;
        self.hold_in_index(issue);
        let at = self.moments.advance();
        self.remote_links[link.0 as usize].deleted = true;
        self.issues[issue.0 as usize].remote_links.retain(|&other| other != link);
        self.finish(issue, vec![Change::RemoteLinkRemoved(link)], at);
    }
}
