//! Encrypted connections with verified certificates.

use std::path::Path;
use std::sync::Arc;

use rustls::crypto::ring::default_provider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use crate::error::StoreError;

/// Trusts the certificates of a PEM file, or those that the machine trusts.
pub(super) fn client_config(root_file: Option<&Path>) -> Result<ClientConfig, StoreError> {
    let roots = match root_file {
        Some(path) => roots_of_file(path)?,
        None => roots_of_machine()?,
    };
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| StoreError::Url(error.to_string()))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

fn roots_of_file(path: &Path) -> Result<RootCertStore, StoreError> {
    let refused = |reason: String| {
        StoreError::Url(format!(
            "sslrootcert {} cannot be used: {reason}",
            path.display()
        ))
    };
    let mut roots = RootCertStore::empty();
    for certificate in
        CertificateDer::pem_file_iter(path).map_err(|error| refused(error.to_string()))?
    {
        let certificate = certificate.map_err(|error| refused(error.to_string()))?;
        roots
            .add(certificate)
            .map_err(|error| refused(error.to_string()))?;
    }
    if roots.is_empty() {
        return Err(refused("it holds no certificate".to_owned()));
    }
    Ok(roots)
}

fn roots_of_machine() -> Result<RootCertStore, StoreError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        let reason = "this machine trusts no certificate; name a file with sslrootcert";
        return Err(StoreError::Url(reason.to_owned()));
    }
    Ok(roots)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_certificates_is_refused_by_name() {
        let file = tempfile::NamedTempFile::new().unwrap();

        let refused = client_config(Some(file.path())).unwrap_err().to_string();

        assert!(
            refused.contains(&file.path().display().to_string()),
            "{refused}"
        );
    }
}
