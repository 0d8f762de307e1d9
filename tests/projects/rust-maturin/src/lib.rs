//! A function for Python's cffi, which needs no crates.

/// Three times the number.
#[no_mangle]
pub extern "C" fn triple(number: i64) -> i64 {
    number.checked_mul(3).expect("too large")
}
