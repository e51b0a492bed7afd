//! Whom this host believes to be the directory, and how it shows who it is itself.

use std::sync::Arc;

use rustls::client::Resumption;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

/// TLS with servers that these authorities vouch for, and no others; with this certificate and its key, if there is one. All
/// of it as PEM.
///
/// # Errors
/// There is no certificate or no key in it.
pub fn client_config(
    authorities: &[u8],
    client: Option<(&[u8], &[u8])>,
) -> Result<Arc<ClientConfig>, String> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(authorities).map_err(|why| format!("ca_file {why}"))? {
        roots.add(certificate).map_err(|error| format!("ca_file has a certificate that is none: {error}"))?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| error.to_string())?.with_root_certificates(roots);
    let mut config = match client {
        None => builder.with_no_client_auth(),
        Some((certificate, key)) => {
            let chain = certificates(certificate).map_err(|why| format!("certificate_file {why}"))?;
            let key =
                PrivateKeyDer::from_pem_slice(key).map_err(|_| "key_file has no private key".to_owned())?;
            let config = builder.with_client_auth_cert(chain, key);
            config.map_err(|error| format!("certificate_file and key_file cannot be used: {error}"))?
        }
    };
    // This program connects once or twice.
    config.resumption = Resumption::disabled();
    Ok(Arc::new(config))
}

/// TLS with nobody: where all servers are on this host.
///
/// # Errors
/// The library cannot be used.
pub fn without_authorities() -> Result<Arc<ClientConfig>, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| error.to_string())?;
    Ok(Arc::new(builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth()))
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match certificates {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        Ok(_) => Err("has no certificate".to_owned()),
        Err(_) => Err("is not PEM".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_authorities_nobody_is_believed() {
        for pem in [&b""[..], b"nonsense", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
        {
            assert!(client_config(pem, None).is_err());
        }
    }
}
