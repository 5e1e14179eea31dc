//! rustls for tokio-postgres: chain and name of the server's certificate are verified.

use std::path::Path;

use anyhow::Context as _;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::errors::Failure;

/// A connector that trusts the given authorities, or the system's.
///
/// # Errors
/// Exit code 2 when the file cannot be read or holds no certificate.
pub(super) fn connector(root_certificates: Option<&Path>) -> anyhow::Result<MakeRustlsConnect> {
    let mut roots = RootCertStore::empty();
    match root_certificates {
        Some(path) => add_file(&mut roots, path)?,
        None => {
            let (added, _) =
                roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            if added == 0 {
                return Err(Failure::usage(
                    "this machine has no trusted certificates; install ca-certificates or name \
                     your authority with sslrootcert= in DATABASE_URL",
                )
                .into());
            }
        }
    }
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .context("failed to choose TLS versions")?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

fn add_file(roots: &mut RootCertStore, path: &Path) -> anyhow::Result<()> {
    let explain = || Failure::usage(format!("failed to read sslrootcert `{}`", path.display()));
    for certificate in CertificateDer::pem_file_iter(path).with_context(explain)? {
        roots
            .add(certificate.with_context(explain)?)
            .with_context(explain)?;
    }
    if roots.is_empty() {
        return Err(Failure::usage(format!("`{}` holds no certificate", path.display())).into());
    }
    Ok(())
}
