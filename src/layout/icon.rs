//! The drawings of services and states, as SVG text: a white glyph on a coloured tile, 24 units square.
//!
//! They stand here, below the window, so that a picture written without a window shows the same cards.

macro_rules! icons {
    ($($name:literal),* $(,)?) => {
        /// Every name that [`svg`] knows.
        pub const NAMES: &[&str] = &[$($name),*];

        /// The drawing of a name; that of `unknown` for any other.
        pub fn svg(name: &str) -> &'static str {
            match name {
                $($name => include_str!(concat!("../../assets/icons/", $name, ".svg")),)*
                _ => include_str!("../../assets/icons/unknown.svg"),
            }
        }
    };
}
icons!(
    "activity",
    "api-gateway",
    "athena",
    "aws-sdk",
    "batch",
    "bedrock",
    "choice",
    "codebuild",
    "dynamodb",
    "ecs",
    "eks",
    "emr",
    "end",
    "eventbridge",
    "fail",
    "glue",
    "http",
    "lambda",
    "map",
    "parallel",
    "pass",
    "s3",
    "sagemaker",
    "sns",
    "sqs",
    "start",
    "step-functions",
    "stepwell",
    "succeed",
    "task",
    "unknown",
    "wait",
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_drawing_is_square_and_has_a_name_of_its_own() {
        for name in NAMES {
            let text = svg(name);
            let square = ["viewBox=\"0 0 24 24\"", "viewBox=\"0 0 64 64\""];
            assert!(
                text.starts_with("<svg ") && square.iter().any(|it| text.contains(it)),
                "{name}"
            );
            assert_eq!(text == svg("no such thing"), *name == "unknown", "{name}");
        }
    }
}
