//! Who AWS says we are.

use super::quota::Api;
use super::{AwsError, Session};
use crate::execution::Timestamp;

/// What the window always shows beside profile and region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub account: String,
    pub arn: String,
    /// When the credentials end; `None` for those that don't.
    pub expires: Option<Timestamp>,
}

impl Session {
    /// Asks STS. It needs no permission, so it is the first call to make on a fresh connection: it tells wrong, missing and
    /// expired credentials apart before anything else is tried.
    ///
    /// # Errors
    /// As any call; an emulator of Step Functions alone answers with [`AwsError::Unreachable`] or [`AwsError::Refused`], and the
    /// rest still works.
    pub async fn identity(&self) -> Result<Identity, AwsError> {
        let send = || self.sts.get_caller_identity().send();
        let answer = self.call(Api::GetCallerIdentity, send).await?;
        let account = answer.account.unwrap_or_default();
        self.learn_account(&account);
        Ok(Identity {
            account,
            arn: answer.arn.unwrap_or_default(),
            expires: self.credentials_expire(),
        })
    }
}
