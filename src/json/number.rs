//! A JSON number that remembers whether it was written with a fraction.

use std::fmt;

/// Whole numbers that fit 64 bits stay exact; everything else is a finite double.
///
/// Equality is strict: `1` and `1.0` differ, as they do in AWS's outputs. Compare [`Number::as_f64`] for the numeric sense.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    Int(i64),
    Float(f64),
}

impl Number {
    /// The nearest double.
    pub fn as_f64(self) -> f64 {
        match self {
            Self::Int(int) => int as f64,
            Self::Float(float) => float,
        }
    }
}

/// Whole doubles keep their `.0`; large and small ones are written in Java's `1.0E10` form, as AWS does.
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(int) => write!(f, "{int}"),
            Self::Float(float) => {
                let magnitude = float.abs();
                if magnitude != 0.0 && !(1e-3..1e7).contains(&magnitude) {
                    let text = format!("{float:E}");
                    match text.split_once('E') {
                        Some((mantissa, exponent)) if !mantissa.contains('.') => {
                            write!(f, "{mantissa}.0E{exponent}")
                        }
                        Some(_) | None => f.write_str(&text),
                    }
                } else {
                    write!(f, "{float:?}")
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_are_written_as_java_writes_them() {
        for (float, text) in [
            (1.0, "1.0"),
            (0.1, "0.1"),
            (1e7, "1.0E7"),
            (1.5e10, "1.5E10"),
            (1e-4, "1.0E-4"),
            (9_999_999.0, "9999999.0"),
        ] {
            assert_eq!(Number::Float(float).to_string(), text);
        }
    }
}
