// libcrypto, and inline functions for the macros that Swift cannot import.
#pragma once
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
