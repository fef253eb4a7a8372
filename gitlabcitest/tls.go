package gitlabcitest

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log"
	"math/big"
	"net"
	"time"
)

// ListenTLS is [Server.Listen] over TLS, with HTTP/1.1 and HTTP/2. Besides the base URL it returns the certificate of the authority that its
// own certificate is by, in PEM, for clients to trust: written to a file, it is what [gitlabci.WithCAFile] takes. Each call makes an authority
// of its own. The certificate is for the address, localhost, 127.0.0.1 and ::1.
func (s *Server) ListenTLS(address string) (url string, authority []byte, err error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return "", nil, err
	}
	certificate, authority, err := makeCertificate(host)
	if err != nil {
		return "", nil, err
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return "", nil, err
	}
	s.serveOn(tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{certificate}, NextProtos: []string{"h2", "http/1.1"}}))
	return "https://" + listener.Addr().String() + s.prefix(), authority, nil
}

// withoutHandshakes is where the server logs, but for handshakes that failed: clients that do not trust it are what some tests are about.
type withoutHandshakes struct{}

func (withoutHandshakes) Write(line []byte) (int, error) {
	if bytes.Contains(line, []byte("TLS handshake error")) {
		return len(line), nil
	}
	return log.Writer().Write(line)
}

// makeCertificate returns a certificate for a host, and in PEM that of the authority it is by.
func makeCertificate(host string) (tls.Certificate, []byte, error) {
	authority, authorityKey, err := sign(&x509.Certificate{
		Subject: pkix.Name{CommonName: "Stand-in authority"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}, nil, nil)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	wanted := &x509.Certificate{
		Subject: pkix.Name{CommonName: "Stand-in"}, KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	if ip := net.ParseIP(host); ip != nil {
		wanted.IPAddresses = append(wanted.IPAddresses, ip)
	} else if host != "" {
		wanted.DNSNames = append(wanted.DNSNames, host)
	}
	own, key, err := sign(wanted, authority, authorityKey)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: authority.Raw})
	return tls.Certificate{Certificate: [][]byte{own.Raw}, PrivateKey: key, Leaf: own}, text, nil
}

// sign makes a certificate and its key, by an authority or, where that is nil, by itself.
func sign(wanted, authority *x509.Certificate, by *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	if authority == nil {
		authority, by = wanted, key
	}
	now := time.Now()
	wanted.SerialNumber, wanted.NotBefore, wanted.NotAfter = big.NewInt(now.UnixNano()), now.Add(-time.Hour), now.AddDate(10, 0, 0)
	der, err := x509.CreateCertificate(rand.Reader, wanted, authority, key.Public(), by)
	if err != nil {
		return nil, nil, err
	}
	made, err := x509.ParseCertificate(der)
	return made, key, err
}
