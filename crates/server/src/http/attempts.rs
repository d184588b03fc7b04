//! Wrong tokens, counted by the address that they come from.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use moka::sync::Cache;

/// So many wrong tokens a minute are answered as such; after them the address has to wait.
const MOST: u32 = 10;
const WINDOW: Duration = Duration::from_secs(60);
/// Addresses that are remembered; beyond that the ones seen least are forgotten.
const MOST_ADDRESSES: u64 = 10_000;

/// Wrong tokens of the last minute.
pub struct Attempts(Cache<IpAddr, Arc<AtomicU32>>);

impl Attempts {
    /// None so far.
    pub fn new() -> Self {
        Self(Cache::builder().max_capacity(MOST_ADDRESSES).time_to_live(WINDOW).build())
    }

    /// Whether this address has to wait.
    pub fn exhausted(&self, address: IpAddr) -> bool {
        self.0.get(&network(address)).is_some_and(|count| count.load(Ordering::Relaxed) >= MOST)
    }

    /// One more wrong token.
    pub fn note(&self, address: IpAddr) {
        self.0.get_with(network(address), Arc::default).fetch_add(1, Ordering::Relaxed);
    }
}

/// Whoever has one IPv6 address has 2^64 of them: they count as one.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from(u128::from(v6) >> 64 << 64)),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_in_one_ipv6_network_count_together() {
        let attempts = Attempts::new();
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        for last in 0..MOST {
            assert!(!attempts.exhausted(address("2001:db8::1")));
            attempts.note(address(&format!("2001:db8::{last:x}")));
        }
        assert!(attempts.exhausted(address("2001:db8::ffff")));
        assert!(!attempts.exhausted(address("2001:db8:0:1::1")));
        assert!(!attempts.exhausted(address("127.0.0.1")));
    }
}
