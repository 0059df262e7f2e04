//! The files that pages refer to, compiled in.

pub const STYLE: &str = include_str!("../assets/console.css");
pub const SCRIPT: &str = include_str!("../assets/console.js");
pub const ICON: &str = include_str!("../assets/icon.svg");

/// Changes whenever the style or the script does, so that browsers may keep both for ever.
pub fn build() -> u64 {
    let mut sum = 0xcbf2_9ce4_8422_2325_u64;
    for byte in STYLE.bytes().chain(SCRIPT.bytes()) {
        sum = (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    sum
}
