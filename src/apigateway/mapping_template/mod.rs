//! Velocity as API Gateway speaks it: `$input`, `$util`, `$context`, `$stageVariables`.
