//! The token that a form carries, hidden anew on every page: pages travel compressed, and from the sizes of many of them
//! somebody on the way could guess a text that always stands there beside what they had put into the address.

use adapters::passwords::are_same;
use adapters::ports::Chance;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;

/// As it stands on a page: chance, and the token mixed with it.
pub fn masked(token: &str, chance: &dyn Chance) -> String {
    let pad: Vec<u8> =
        (0..token.len().div_ceil(8)).flat_map(|_| chance.number().to_le_bytes()).take(token.len()).collect();
    let mixed = token.bytes().zip(&pad).map(|(byte, pad)| byte ^ pad);
    let both: Vec<u8> = pad.iter().copied().chain(mixed).collect();
    BASE64.encode(both)
}

/// Is this the token, as some page carried it?
pub fn is_token(given: &str, token: &str) -> bool {
    let Ok(both) = BASE64.decode(given) else { return false };
    let (pad, mixed) = both.split_at(both.len() / 2);
    let found: Vec<u8> = mixed.iter().zip(pad).map(|(byte, pad)| byte ^ pad).collect();
    pad.len() == mixed.len() && String::from_utf8(found).is_ok_and(|found| are_same(&found, token))
}

#[cfg(test)]
mod tests {
    use super::*;
    use adapters::clock::SystemChance;

    #[test]
    fn a_token_looks_different_on_every_page_and_is_known_again() {
        let token = "nOtaREALtoken-of_43_characters-0123456789abcd";
        let (one, other) = (masked(token, &SystemChance), masked(token, &SystemChance));
        assert_ne!(one, other);
        assert!(!one.contains(token) && is_token(&one, token) && is_token(&other, token));
        for wrong in ["", "AA", token, &masked("another", &SystemChance), &one[1..]] {
            assert!(!is_token(wrong, token), "{wrong}");
        }
        assert!(!is_token(&one, ""));
    }
}
