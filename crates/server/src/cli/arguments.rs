//! Values on the command line that clap does not read by itself.

use std::str::FromStr;
use std::time::Duration;

/// One `KEY=VALUE` of a source's settings. A value that reads as JSON is taken as such, anything
/// else as text.
#[derive(Debug, Clone, PartialEq)]
pub struct SetValue {
    /// The key.
    pub key: String,
    /// The value.
    pub value: toml::Value,
}

impl FromStr for SetValue {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (key, value) = text
            .split_once('=')
            .filter(|(key, _)| !key.is_empty())
            .ok_or("give KEY=VALUE, such as owner=acme or repositories='[\"acme/api\"]'")?;
        let value = match serde_json::from_str::<toml::Value>(value) {
            Ok(value) => value,
            Err(_) => value.into(),
        };
        Ok(Self { key: key.into(), value })
    }
}

/// Reads a span of time such as `90d`: a whole number of minutes, hours, days or weeks.
///
/// # Errors
/// One sentence that shows the form expected.
pub fn expires_in(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is no span of time; give one such as 30m, 12h, 90d or 4w");
    let unit = text.chars().last().ok_or_else(wrong)?;
    let seconds = match unit {
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        'w' => 604_800,
        _ => return Err(wrong()),
    };
    let count: u64 = text[..text.len() - 1].parse().map_err(|_| wrong())?;
    match count.checked_mul(seconds).filter(|all| (1..=LONGEST_SECONDS).contains(all)) {
        Some(seconds) => Ok(Duration::from_secs(seconds)),
        None => Err(format!("{text:?} is not within one minute and ten years")),
    }
}

/// Ten years.
const LONGEST_SECONDS: u64 = 3_653 * 86_400;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_of_time_reads_as_written() {
        for (text, seconds) in
            [("30m", 1_800), ("12h", 43_200), ("90d", 7_776_000), ("4w", 2_419_200)]
        {
            assert_eq!(expires_in(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in
            ["", "d", "90", "-1d", "1.5d", "0d", "90 d", "9999w", "99999999999999999999d", "1ü"]
        {
            assert!(expires_in(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_setting_is_json_or_text() {
        for (text, value) in [
            ("owner=acme", toml::Value::from("acme")),
            ("owner=\"42\"", "42".into()),
            ("count=42", 42.into()),
            ("url=https://a/?b=c", "https://a/?b=c".into()),
            ("repositories=[\"acme/api\"]", vec!["acme/api"].into()),
        ] {
            assert_eq!(text.parse::<SetValue>().map(|set| set.value), Ok(value), "{text}");
        }
        assert!("owner".parse::<SetValue>().is_err());
        assert!("=x".parse::<SetValue>().is_err());
    }
}
