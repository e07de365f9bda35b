// libcrypto, and inline functions for the macros that Swift cannot import.
#pragma once
// Some of libcrypto's macros name the file that uses them: its path would be in the binary, and an
// enclave's measurement would depend on the folder that it was compiled in.
#define OPENSSL_FILE ""
#define OPENSSL_LINE 0
#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/objects.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>

/// Keys `context` for HMAC over the named digest. The parameters live on this frame: libcrypto
/// keeps only the pointers while the call lasts. `digest` must be a constant.
static inline int ephml_hmac_init(
    EVP_MAC_CTX *context, const char *digest, const unsigned char *key, size_t count) {
  OSSL_PARAM parameters[2] = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)digest, 0),
      OSSL_PARAM_construct_end()};
  return EVP_MAC_init(context, key, count, parameters);
}

/// A P-384 key from an encoded point and, unless null, a private scalar in the machine's byte
/// order. Null when libcrypto refuses either; the caller owns the result.
static inline EVP_PKEY *ephml_p384_key(
    const unsigned char *point, size_t pointCount, unsigned char *scalar, size_t scalarCount) {
  EVP_PKEY *key = 0;
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(0, "EC", 0);
  if (context == 0) return 0;
  OSSL_PARAM parameters[4];
  int count = 0;
  parameters[count++] =
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)"P-384", 0);
  parameters[count++] = OSSL_PARAM_construct_octet_string(
      OSSL_PKEY_PARAM_PUB_KEY, (unsigned char *)point, pointCount);
  if (scalar != 0) {
    parameters[count++] = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, scalar, scalarCount);
  }
  parameters[count] = OSSL_PARAM_construct_end();
  int selection = scalar != 0 ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY;
  if (EVP_PKEY_fromdata_init(context) != 1 ||
      EVP_PKEY_fromdata(context, &key, selection, parameters) != 1) {
    EVP_PKEY_free(key);
    key = 0;
  }
  EVP_PKEY_CTX_free(context);
  return key;
}

/// The DER of the first block of a text, which must be a certificate, into `output`. Its length,
/// or -1.
static inline long ephml_pem_read_certificate(
    const unsigned char *text, int count, unsigned char *output, size_t capacity) {
  BIO *bio = BIO_new_mem_buf(text, count);
  if (bio == 0) return -1;
  char *name = 0, *header = 0;
  unsigned char *data = 0;
  long length = 0, result = -1;
  if (PEM_read_bio(bio, &name, &header, &data, &length) == 1) {
    int isCertificate = name != 0 && strcmp(name, PEM_STRING_X509) == 0 && header[0] == 0;
    if (isCertificate && length > 0 && (size_t)length <= capacity) {
      memcpy(output, data, (size_t)length);
      result = length;
    }
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_free(data);
  }
  BIO_free(bio);
  return result;
}

/// A certificate's DER as text into `output`. The text's length, or -1.
static inline long ephml_pem_write_certificate(
    const unsigned char *der, size_t count, unsigned char *output, size_t capacity) {
  BIO *bio = BIO_new(BIO_s_mem());
  if (bio == 0) return -1;
  long result = -1;
  if (PEM_write_bio(bio, PEM_STRING_X509, "", der, (long)count) > 0) {
    char *text = 0;
    long length = BIO_get_mem_data(bio, &text);
    if (length > 0 && (size_t)length <= capacity) {
      memcpy(output, text, (size_t)length);
      result = length;
    }
  }
  BIO_free(bio);
  return result;
}

/// Answers the question for a passphrase: there is none, and nobody is asked.
static inline int ephml_no_passphrase(char *buffer, int size, int isWriting, void *context) {
  (void)buffer, (void)size, (void)isWriting, (void)context;
  return -1;
}

/// The private scalar of a P-384 key in PEM, big-endian, into `scalar`. 1, or 0 for any other text.
static inline int ephml_pem_read_p384_scalar(
    const unsigned char *text, int count, unsigned char *scalar, size_t scalarCount) {
  BIO *bio = BIO_new_mem_buf(text, count);
  if (bio == 0) return 0;
  EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, 0, ephml_no_passphrase, 0);
  BIO_free(bio);
  if (key == 0) return 0;
  char group[32] = {0};
  size_t length = 0;
  BIGNUM *number = 0;
  int result = 0;
  if (EVP_PKEY_get_utf8_string_param(
          key, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof group, &length) == 1 &&
      strcmp(group, SN_secp384r1) == 0 &&
      EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &number) == 1) {
    result = BN_bn2binpad(number, scalar, (int)scalarCount) == (int)scalarCount;
  }
  BN_clear_free(number);
  EVP_PKEY_free(key);
  return result;
}
