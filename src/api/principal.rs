//! The authenticated caller as a handler's argument: having it is the proof that he may ask.

use std::future::{Ready, ready};
use std::ops::Deref;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{FromRequest, HttpRequest, web};

use super::problem::Problem;
use crate::clock::Clock;
use crate::domain::workflow::Role;
use crate::identity::principal::{OauthScope, Principal};
use crate::identity::tokens::Tokens;

/// Whoever asks with a valid token. The first argument of its handler, so that a stranger's body is not even read.
pub struct Caller(Arc<Principal>);

impl Deref for Caller {
    type Target = Principal;

    fn deref(&self) -> &Principal {
        &self.0
    }
}

impl Caller {
    /// The caller, to be passed on.
    #[must_use]
    pub fn principal(&self) -> Arc<Principal> {
        Arc::clone(&self.0)
    }

    /// Asks that the token allows `scope` (a person's always does) and that the role is one of `roles`.
    ///
    /// # Errors
    ///
    /// 403 before any look-up, so that nobody learns from it what there is.
    pub fn may(&self, scope: OauthScope, roles: &[Role]) -> Result<(), Problem> {
        if !roles.contains(&self.actor.role) {
            return Err(Problem::NotForRole { role: self.actor.role, roles: roles.to_vec() });
        }
        if !self.allows(scope) {
            return Err(Problem::Forbidden("oauth-scope"));
        }
        Ok(())
    }
}

impl FromRequest for Caller {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(who(request).ok_or(Problem::Unauthenticated))
    }
}

fn who(request: &HttpRequest) -> Option<Caller> {
    let tokens = request.app_data::<web::Data<Tokens>>()?;
    let clock = request.app_data::<web::Data<Clock>>()?;
    let header = std::str::from_utf8(request.headers().get(AUTHORIZATION)?.as_bytes()).ok()?;
    let (scheme, token) = header.split_once(' ')?;
    // RFC 9110: the scheme's name is read in any case.
    let token = Some(token.trim()).filter(|_| scheme.eq_ignore_ascii_case("bearer"))?;
    tokens.verify(token, clock.now()).ok().map(Caller)
}

/// An administrator, of firms, accounts, clients and reference data.
pub struct Administrator(pub Caller);

impl FromRequest for Administrator {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        ready(Caller::from_request(request, payload).into_inner().and_then(|caller| match caller.actor.role {
            // A machine client has no scope that would cover administration.
            Role::Admin if caller.oauth_scopes.is_none() => Ok(Self(caller)),
            Role::Admin => Err(Problem::Forbidden("oauth-scope")),
            Role::Declarant
            | Role::CustomsOfficer
            | Role::BorderGuard
            | Role::QuarantineOfficer
            | Role::YardOperator
            | Role::FeeCollector
            | Role::GateManager
            | Role::Analyst
            | Role::Auditor
            | Role::System => Err(Problem::Forbidden("role")),
        }))
    }
}

/// A reader of the province's statistics.
pub struct StatisticsReader(pub Caller);

impl FromRequest for StatisticsReader {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        ready(Caller::from_request(request, payload).into_inner().and_then(|caller| {
            caller.may(OauthScope::StatisticsRead, &[Role::Analyst, Role::Auditor, Role::Admin, Role::GateManager])?;
            Ok(Self(caller))
        }))
    }
}

/// An analyst in person, who answers for the figures that he signs.
pub struct Analyst(pub Caller);

impl FromRequest for Analyst {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        ready(Caller::from_request(request, payload).into_inner().and_then(|caller| {
            caller.may(OauthScope::StatisticsRead, &[Role::Analyst])?;
            // A machine client has no scope that would cover signing.
            if caller.oauth_scopes.is_some() { Err(Problem::Forbidden("oauth-scope")) } else { Ok(Self(caller)) }
        }))
    }
}
