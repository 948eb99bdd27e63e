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
    fn every_drawing_is_a_square_svg() {
        for name in NAMES {
            let options = resvg::usvg::Options::default();
            let tree =
                resvg::usvg::Tree::from_str(svg(name), &options).expect("the file is an SVG");
            assert_eq!(tree.size().width(), tree.size().height(), "{name}");
        }
        assert_eq!(svg("no such thing"), svg("unknown"));
    }
}
