/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hook-keys.h"

#include "loader/callback.h"
#include "signature.h"

#include <string.h>

static const BelfryOption rows[] = {
  BELFRY_SECRET (
      BelfryHookKeys,
      secret,
      "secret",
      .alias = "secret-key",
      .help = N_ ("what the forge signs with; two, by a semicolon, while one replaces the other")),
  BELFRY_LIST (
      BelfryHookKeys,
      auth,
      "auth",
      .help = N_ ("password files for HTTP Basic, as file:PATH; empty: none, whatever [www] says")),
  BELFRY_ADDRESSES (BelfryHookKeys,
                    sources,
                    "sources",
                    .help = N_ ("addresses and networks that requests may come from")),
  BELFRY_BOOLEAN (BelfryHookKeys,
                  unauthenticated,
                  "unauthenticated",
                  .default_text = "false",
                  .help = N_ ("take requests that prove nothing about their sender")),
  BELFRY_BOOLEAN (BelfryHookKeys,
                  allow_sha1,
                  "allow-sha1",
                  .default_text = "false",
                  .help = N_ ("let a SHA-1 signature count where no stronger one was sent")),
  BELFRY_BOOLEAN (BelfryHookKeys,
                  strict,
                  "strict",
                  .default_text = "false",
                  .help = N_ ("take neither SHA-1 nor a token where the forge can do better")),
  BELFRY_DURATION (BelfryHookKeys,
                   tolerance,
                   "tolerance",
                   .default_text = "5min",
                   .help = N_ ("how far a signed time may be from the clock")),
  BELFRY_SIZE (BelfryHookKeys,
               max_body,
               "max-body",
               .default_text = "25MiB",
               .minimum = 1024,
               .maximum = 1073741824,
               .help = N_ ("largest request")),
  BELFRY_DURATION (BelfryHookKeys,
                   dedupe_window,
                   "dedupe-window",
                   .default_text = "10min",
                   .help =
                       N_ ("how long a request without an id of its own is known by its content")),
  BELFRY_BOOLEAN (BelfryHookKeys,
                  keep_raw,
                  "keep-raw",
                  .default_text = "true",
                  .help = N_ ("keep requests for replay, without their secrets")),
  { NULL },
};

const BelfryOptionTable belfry_hook_keys_table = { rows, sizeof (BelfryOption) };

BelfryHook *
belfry_hook_describe (const BelfryHook *plugin, gpointer state)
{
  BelfryHook *hook = g_new0 (BelfryHook, 1);

  /* a shorter one, of an older plugin, ends in zeros */
  memcpy (hook, plugin, MIN (plugin->size, sizeof (BelfryHook)));
  if (hook->describe != NULL)
    hook->describe (state, hook);
  return hook;
}

gboolean
belfry_hook_accepts_method (const BelfryHook *hook, const BelfryHookKeys *keys, const char *method)
{
  if (strcmp (method, "POST") == 0)
    return TRUE;
  return keys->secret != NULL && hook->methods != NULL && g_strv_contains (hook->methods, method);
}

gboolean
belfry_hook_needs_proof (const char *method)
{
  return strcmp (method, "POST") != 0;
}

/* what was signed is what is read: nothing is unpacked in between */
gboolean
belfry_hook_is_encoded (BelfryRequest *request)
{
  const char *encoding = belfry_request_get_header (request, "Content-Encoding");

  return encoding != NULL && encoding[0] != '\0' &&
         (g_ascii_strcasecmp (encoding, "identity") != 0 ||
          belfry_request_count_header (request, "Content-Encoding") != 1);
}

static BelfryTranslation *
call_translate (const BelfryHook *hook, gconstpointer state, BelfryRequest *request)
{
  g_auto (BelfryCallback) call = belfry_callback_begin ("hook plugin", hook->name, "translate");

  return hook->translate (state, request);
}

BelfryTranslation *
belfry_hook_translate (const BelfryHook *hook, gconstpointer state, BelfryRequest *request)
{
  if (belfry_hook_is_encoded (request))
    return belfry_translation_new_unsupported_type (
        "a body is taken as it is, without Content-Encoding");
  return call_translate (hook, state, request);
}

static gboolean
has_scheme (const BelfryHook *hook, BelfrySignatureScheme scheme)
{
  const char *row = (const char *)hook->signatures;

  for (; row != NULL && ((const BelfrySignature *)row)->header != NULL; row += hook->signature_size)
    if (((const BelfrySignature *)row)->scheme == scheme)
      return TRUE;
  return FALSE;
}

static gboolean
has_basic (const BelfryHookKeys *keys, gboolean www_auth)
{
  return keys->auth != NULL ? keys->auth[0] != NULL : www_auth;
}

static void
check_auth_files (const BelfryHookKeys *keys,
                  const BelfrySection *section,
                  BelfryProblems *problems)
{
  for (guint i = 0; keys->auth != NULL && keys->auth[i] != NULL; i++)
    if (!g_str_has_prefix (keys->auth[i], "file:") || keys->auth[i][strlen ("file:")] == '\0')
      belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, "auth",
                           "'%s' is no password file; write file:PATH", keys->auth[i]);
}

static void
check_schemes (const BelfryHookKeys *keys,
               const BelfryHook *hook,
               const BelfrySection *section,
               BelfryProblems *problems)
{
  gboolean takes_sha1 = has_scheme (hook, BELFRY_SIGNATURE_SHA1_PREFIXED);

  if (keys->strict && !belfry_signature_has_weaker (hook))
    belfry_problems_add (
        problems, BELFRY_SEVERITY_ERROR, section, "strict",
        "this forge has one kind of proof only, so the key does not apply; take it out");
  if (keys->allow_sha1 && !takes_sha1)
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, "allow-sha1",
                         "this forge signs without SHA-1, so the key does not apply; take it out");
  else if (keys->strict && keys->allow_sha1)
    belfry_problems_add (problems, BELFRY_SEVERITY_WARNING, section, "allow-sha1",
                         "strict=true wins: SHA-1 alone is refused");
  else if (keys->allow_sha1)
    belfry_problems_add (problems, BELFRY_SEVERITY_WARNING, section, "allow-sha1",
                         "requests that carry a SHA-1 signature alone are let in");
}

/* one that is there but could not be read was told of already */
static gboolean
has_told_of_secret (const BelfrySection *section, BelfryProblems *problems)
{
  return belfry_problems_get_count (problems, BELFRY_SEVERITY_ERROR) > 0 &&
         (belfry_section_find (section, "secret") != NULL ||
          belfry_section_find (section, "secret-key") != NULL);
}

void
belfry_hook_keys_check (const BelfryHookKeys *keys,
                        const BelfryHook *hook,
                        const BelfrySection *section,
                        gboolean www_auth,
                        BelfryProblems *problems)
{
  gboolean basic = has_basic (keys, www_auth);

  check_auth_files (keys, section, problems);
  check_schemes (keys, hook, section, problems);
  if (keys->secret == NULL && keys->strict)
    belfry_problems_add (
        problems, BELFRY_SEVERITY_ERROR, section, "strict",
        "it asks for a signature, but there is no secret; write secret=secret:NAME");
  if (keys->secret == NULL && !basic && !keys->unauthenticated &&
      !has_told_of_secret (section, problems))
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, "secret",
                         "anybody could post here; write secret=secret:NAME, or "
                         "unauthenticated=true where that is meant");
  if (keys->secret != NULL && basic && has_scheme (hook, BELFRY_SIGNATURE_BEARER))
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, "secret",
                         "secret and password file share the header Authorization; "
                         "keep one of them (auth= switches the password off here)");
  if (keys->unauthenticated)
    belfry_problems_add (problems, BELFRY_SEVERITY_WARNING, section, "unauthenticated",
                         keys->secret != NULL ? "the secret is asked for all the same"
                                              : "anybody who reaches this address can add changes");
}
