//! The text of a part: transfer encoding, charset, and lines that were wrapped for the way.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use mail_parser::decoders::charsets::map::charset_decoder;

use super::header::Parametrised;
use super::structure::Part;

/// Takes what real programs write: without padding, or with bits left over.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The text of the first `most` encoded bytes of a part, its lines ended by `\n`.
pub fn text(part: &Part<'_>, most: usize) -> String {
    let body = &part.body[..part.body.len().min(most)];
    let decoded = bytes(&encoding(part), body);
    let text = characters(&decoded, part.kind.parameter("charset"));
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    if is(&part.kind, "format", "flowed") {
        return unwrapped(&text, is(&part.kind, "delsp", "yes"));
    }
    text
}

/// How many bytes a part has when it is decoded, without decoding it; of base64 a close estimate.
pub fn size(part: &Part<'_>) -> u64 {
    let bytes = part.body.len() as u64;
    match encoding(part).as_str() {
        // 57 bytes make a line of 76 characters and its end.
        "base64" => bytes * 57 / 78,
        _ => bytes,
    }
}

fn encoding(part: &Part<'_>) -> String {
    part.header.plain("content-transfer-encoding").unwrap_or_default().to_ascii_lowercase()
}

fn is(kind: &Parametrised, parameter: &str, value: &str) -> bool {
    kind.parameter(parameter).is_some_and(|given| given.eq_ignore_ascii_case(value))
}

fn bytes(encoding: &str, body: &[u8]) -> Vec<u8> {
    match encoding {
        "quoted-printable" => quoted_printable(body),
        "base64" => base64(body),
        _ => body.to_vec(),
    }
}

/// Decodes base64; what is none of its letters is skipped, and everything behind its end.
fn base64(body: &[u8]) -> Vec<u8> {
    let letters = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let mut encoded: Vec<u8> =
        body.iter().copied().take_while(|byte| *byte != b'=').filter(letters).collect();
    if encoded.len() % 4 == 1 {
        encoded.pop();
    }
    LENIENT.decode(encoded).unwrap_or_default()
}

/// Decodes quoted-printable; what is no code of it stays as it is.
fn quoted_printable(body: &[u8]) -> Vec<u8> {
    let digit = |byte: Option<&u8>| char::from(*byte?).to_digit(16);
    let mut decoded = Vec::with_capacity(body.len());
    for line in body.split_inclusive(|byte| *byte == b'\n') {
        // White space before the end of a line was added on the way.
        let text = line.trim_ascii_end();
        let ends = &line[text.len()..];
        let mut at = 0;
        while let Some(byte) = text.get(at) {
            match (byte, digit(text.get(at + 1)), digit(text.get(at + 2))) {
                (b'=', Some(high), Some(low)) => {
                    decoded.push((high * 16 + low) as u8);
                    at += 2;
                }
                _ => decoded.push(*byte),
            }
            at += 1;
        }
        if text.ends_with(b"=") {
            decoded.pop();
        } else if ends.ends_with(b"\n") {
            decoded.push(b'\n');
        }
    }
    decoded
}

/// Reads characters. Mail that says nothing or something unknown of its charset is mostly UTF-8 or
/// Windows-1252.
fn characters(bytes: &[u8], charset: Option<&str>) -> String {
    let charset = charset.unwrap_or_default().trim().to_ascii_lowercase();
    let says_little = matches!(charset.as_str(), "" | "us-ascii" | "ascii" | "utf-8" | "utf8");
    if says_little && let Ok(text) = std::str::from_utf8(bytes) {
        return text.to_owned();
    }
    let decoder = match charset.as_str() {
        "utf-8" | "utf8" => None,
        known => charset_decoder(known.as_bytes()),
    };
    match (decoder, std::str::from_utf8(bytes)) {
        (Some(decode), _) => decode(bytes),
        (None, Ok(text)) => text.to_owned(),
        (None, Err(_)) if charset.starts_with("utf") => String::from_utf8_lossy(bytes).into_owned(),
        (None, Err(_)) => match charset_decoder(b"windows-1252") {
            Some(decode) => decode(bytes),
            None => String::from_utf8_lossy(bytes).into_owned(),
        },
    }
}

/// Joins the lines of `format=flowed` (RFC 3676).
fn unwrapped(text: &str, spaces_were_added: bool) -> String {
    let mut written = String::with_capacity(text.len());
    let mut open: Option<usize> = None;
    for line in text.lines() {
        let depth = line.bytes().take_while(|byte| *byte == b'>').count();
        let content = line[depth..].strip_prefix(' ').unwrap_or(&line[depth..]);
        let signature = content == "-- ";
        if open == Some(depth) && !signature {
            // Goes on where the line before stopped.
        } else {
            if open.is_some() || !written.is_empty() && !written.ends_with('\n') {
                written.push('\n');
            }
            if depth > 0 {
                written.extend(std::iter::repeat_n('>', depth));
                written.push(' ');
            }
        }
        let flows = content.ends_with(' ') && !signature;
        let content =
            if flows && spaces_were_added { &content[..content.len() - 1] } else { content };
        written.push_str(content);
        if !flows {
            written.push('\n');
        }
        open = flows.then_some(depth);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transfer_encodings_are_read_as_leniently_as_programs_write_them() {
        for (encoding, encoded, decoded) in [
            ("base64", "SGVs\r\nbG8=", "Hello"),
            ("base64", "SGVsbG8", "Hello"),
            ("base64", "SG!Vs bG8=trailing", "Hello"),
            ("base64", "S", ""),
            ("quoted-printable", "a=3Db=\r\nc =20  \r\nd==", "a=bc  \nd="),
            ("quoted-printable", "50% = half, =ZZ", "50% = half, =ZZ"),
            ("7bit", "as it is", "as it is"),
            ("x-unknown", "as it is", "as it is"),
        ] {
            let read = bytes(encoding, encoded.as_bytes());
            assert_eq!(String::from_utf8_lossy(&read), decoded, "{encoding} {encoded:?}");
        }
    }

    #[test]
    fn every_charset_is_text() {
        for (charset, bytes, text) in [
            (None, &b"caf\xc3\xa9"[..], "café"),
            (None, b"caf\xe9", "café"),
            (Some("us-ascii"), b"caf\xe9", "café"),
            (Some("utf-8"), b"caf\xe9", "caf\u{fffd}"),
            (Some("UTF-8"), b"\xc0\xbcscript", "\u{fffd}\u{fffd}script"),
            (Some("ISO-8859-15"), b"\xa4", "€"),
            (Some("windows-1251"), b"\xcf\xf0\xe8", "При"),
            (Some("koi8-r"), b"\xf0\xd2\xc9", "При"),
            (Some("iso-2022-jp"), b"\x1b$B%O%m\x1b(B", "ハロ"),
            (Some("shift_jis"), b"\x83n\x83\x8d", "ハロ"),
            (Some("gb18030"), b"\xc4\xe3\xba\xc3", "你好"),
            (Some("euc-kr"), b"\xbe\xc8", "안"),
            (Some("utf-7"), b"+ADw-b+AD4-", "<b>"),
            (Some("x-no-such-thing"), b"caf\xe9", "café"),
            (Some("x-no-such-thing"), b"caf\xc3\xa9", "café"),
        ] {
            assert_eq!(characters(bytes, charset), text, "{charset:?}");
        }
    }

    #[test]
    fn flowed_lines_are_joined() {
        for (text, joined) in [
            ("one \ntwo\nthree\n", "one two\nthree\n"),
            ("> one \n> two \nmine\n", "> one two \nmine\n"),
            ("hello \n-- \nme\n", "hello \n-- \nme\n"),
            (" stuffed\n", "stuffed\n"),
        ] {
            assert_eq!(unwrapped(text, false), joined);
        }
        assert_eq!(unwrapped("one \ntwo\n", true), "onetwo\n");
    }
}
