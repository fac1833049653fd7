//! The options of a PostgreSQL URL that the driver does not know.

use std::path::PathBuf;

use secrecy::SecretString;
use url::form_urlencoded;

use crate::error::StoreError;

/// Whether a connection is encrypted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Encryption {
    /// It is not; for `sslmode=disable`, `allow`, `prefer` and none.
    ///
    /// An encryption that anybody could stand in the middle of, as `prefer` is elsewhere, is not offered.
    None,
    /// It is, and the server's certificate and name are verified; for `require`, `verify-ca` and `verify-full`.
    Verified {
        /// The PEM file of `sslrootcert`; the machine's own certificates when `None`.
        root_file: Option<PathBuf>,
    },
}

/// A PostgreSQL URL, cut into what is ours and what is the driver's.
pub(super) struct PostgresUrl {
    pub(super) driver_url: SecretString,
    pub(super) encryption: Encryption,
}

impl PostgresUrl {
    pub(super) fn parse(url: &str) -> Result<Self, StoreError> {
        let (base, options) = url.split_once('?').unwrap_or((url, ""));
        let mut mode = "prefer".to_owned();
        let mut root_file = None;
        let mut rest = form_urlencoded::Serializer::new(String::new());
        for (name, value) in form_urlencoded::parse(options.as_bytes()) {
            match name.as_ref() {
                "sslmode" => mode = value.into_owned(),
                "sslrootcert" if value == "system" => root_file = None,
                "sslrootcert" => root_file = Some(PathBuf::from(value.into_owned())),
                _ => {
                    rest.append_pair(&name, &value);
                }
            }
        }
        let (encryption, driver_mode) = match mode.as_str() {
            "disable" | "allow" | "prefer" => (Encryption::None, "disable"),
            "require" | "verify-ca" | "verify-full" => {
                (Encryption::Verified { root_file }, "require")
            }
            _ => {
                let known = "disable, prefer, require or verify-full";
                return Err(StoreError::Url(format!("sslmode is none of {known}")));
            }
        };
        rest.append_pair("sslmode", driver_mode);
        // The driver takes a plus sign for itself, not for a space.
        let rest = rest.finish().replace('+', "%20");
        Ok(Self {
            driver_url: SecretString::from(format!("{base}?{rest}")),
            encryption,
        })
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn an_unknown_mode_is_refused() {
        assert!(PostgresUrl::parse("postgres://host/db?sslmode=maybe").is_err());
    }

    #[test]
    fn certificates_are_verified_wherever_encryption_is_asked_for() {
        for mode in ["require", "verify-ca", "verify-full"] {
            let url = format!("postgres://host/db?sslmode={mode}&sslrootcert=%2Fca%20s.pem");
            let parsed = PostgresUrl::parse(&url).unwrap();

            let root_file = Some(PathBuf::from("/ca s.pem"));
            assert_eq!(parsed.encryption, Encryption::Verified { root_file });
            assert_eq!(
                parsed.driver_url.expose_secret(),
                "postgres://host/db?sslmode=require"
            );
        }
    }

    #[test]
    fn other_options_reach_the_driver() {
        let url = "postgres://u:p%40ss@a:1,b:2/db?options=-c%20geqo%3Doff&connect_timeout=3";
        let parsed = PostgresUrl::parse(url).unwrap();

        assert_eq!(parsed.encryption, Encryption::None);
        assert_eq!(
            parsed.driver_url.expose_secret(),
            "postgres://u:p%40ss@a:1,b:2/db?options=-c%20geqo%3Doff&connect_timeout=3&sslmode=disable"
        );
        let config: tokio_postgres::Config = parsed.driver_url.expose_secret().parse().unwrap();
        assert_eq!(config.get_options(), Some("-c geqo=off"));
    }
}
