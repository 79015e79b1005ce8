//! TLS for the driver, with as much trust as `sslmode` asks for.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use futures_util::future::{BoxFuture, FutureExt};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_name,
    },
    crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
    server::ParsedCertificate,
};
use rustls_platform_verifier::Verifier;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::tls::{ChannelBinding, MakeTlsConnect, TlsConnect, TlsStream};
use tokio_rustls::TlsConnector;

use crate::setting::{Roots, Trust};

/// Makes TLS sessions for the driver.
#[derive(Clone)]
pub(crate) struct Tls(TlsConnector);

impl Tls {
    /// The error is a sentence that follows the name of the database.
    pub(crate) fn new(trust: &Trust) -> Result<Self, String> {
        // Named here: with two providers in the tree, rustls does not choose.
        let provider = Arc::new(aws_lc_rs::default_provider());
        let trusted = match trust {
            Trust::Anyone => None,
            Trust::SignedBy(roots) => Some(Trusted::new(roots, provider.clone(), false)?),
            Trust::Named(roots) => Some(Trusted::new(roots, provider.clone(), true)?),
        };
        let verifier = Arc::new(Verify { provider: provider.clone(), trusted });
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| format!("cannot be reached by TLS: {error}"))?
            .dangerous()
            .with_custom_certificate_verifier(verifier)
            .with_no_client_auth();
        Ok(Self(TlsConnector::from(Arc::new(config))))
    }
}

/// `sslmode=verify-ca` and `verify-full`.
#[derive(Debug)]
struct Trusted {
    signed: Arc<dyn ServerCertVerifier>,
    /// A server may present one of the roots itself, as libpq allows.
    roots: Vec<CertificateDer<'static>>,
    /// Whether the server must have the name by which it was called.
    named: bool,
}

impl Trusted {
    fn new(trusted: &Roots, provider: Arc<CryptoProvider>, named: bool) -> Result<Self, String> {
        let file = match trusted {
            Roots::File(file) => file,
            Roots::System => {
                let unusable =
                    |error| format!("cannot be verified by this machine's roots: {error}");
                let signed = Arc::new(Verifier::new(provider).map_err(unusable)?);
                return Ok(Self { signed, roots: Vec::new(), named });
            }
        };
        let unusable = |why: &dyn std::fmt::Display| {
            format!("cannot be verified: {why}; check sslrootcert={}", file.display())
        };
        let roots: Vec<_> = CertificateDer::pem_file_iter(file)
            .and_then(Iterator::collect)
            .map_err(|error| unusable(&error))?;
        let mut store = RootCertStore::empty();
        for root in &roots {
            store.add(root.clone()).map_err(|error| unusable(&error))?;
        }
        let signed = WebPkiServerVerifier::builder_with_provider(store.into(), provider).build();
        let signed = signed.map_err(|error| unusable(&error))?;
        Ok(Self { signed, roots, named })
    }
}

/// The certificate as far as it is trusted; the handshake's signatures in any case.
#[derive(Debug)]
struct Verify {
    provider: Arc<CryptoProvider>,
    /// `None` for `sslmode=prefer` and `require`: encrypted, by whomever.
    trusted: Option<Trusted>,
}

impl ServerCertVerifier for Verify {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(Trusted { signed, roots, named }) = &self.trusted else {
            return Ok(ServerCertVerified::assertion());
        };
        if roots.contains(end_entity) {
            if *named {
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, name)?;
            }
            return Ok(ServerCertVerified::assertion());
        }
        // The name is what is looked at last.
        match signed.verify_server_cert(end_entity, intermediates, name, ocsp, now) {
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if !named => Ok(ServerCertVerified::assertion()),
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// A session to one server.
pub(crate) struct Session {
    connector: TlsConnector,
    /// None for a socket in a folder, which is never encrypted.
    name: Option<ServerName<'static>>,
}

impl<S> MakeTlsConnect<S> for Tls
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    type Stream = Stream<S>;
    type TlsConnect = Session;
    type Error = io::Error;

    fn make_tls_connect(&mut self, domain: &str) -> io::Result<Session> {
        let name = ServerName::try_from(domain.to_owned()).ok();
        Ok(Session { connector: self.0.clone(), name })
    }
}

impl<S> TlsConnect<S> for Session
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    type Stream = Stream<S>;
    type Error = io::Error;
    type Future = BoxFuture<'static, io::Result<Stream<S>>>;

    fn connect(self, stream: S) -> Self::Future {
        async move {
            let no_name = || io::Error::other("no certificate can contain the name of the host");
            let name = self.name.ok_or_else(no_name)?;
            Ok(Stream(self.connector.connect(name, stream).await?))
        }
        .boxed()
    }
}

/// An encrypted connection.
pub(crate) struct Stream<S>(tokio_rustls::client::TlsStream<S>);

impl<S: AsyncRead + AsyncWrite + Unpin> TlsStream for Stream<S> {
    /// None: the server's certificate, not the password's exchange, is what is relied on.
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Stream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Stream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}
