/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any hook's translation: BELFRY_FUZZ_HOOK names it. An input is a request: path and query in the
 * first line, headers, an empty line, the body. Whatever it is, an answer comes of it.
 */
#include "fuzz.h"

#include "hook-test.h"

#include <string.h>

/* sections that let as much of a hook run as there is */
static const struct {
  const char *hook;
  const char *keys;
} sections[] = {
  { "bitbucketcloud",
    "bitbucket-property-whitelist=bitbucket.*\ncodebase-format={{ repository.slug }}" },
  { "bitbucketserver", "bitbucket-property-whitelist=bitbucket.*" },
  { "gitea", "property-whitelist=gitea.*" },
  { "github", "github-property-whitelist=github.*" },
  { "poller", "allowed=a;b" },
  { "standard-webhooks",
    "for-each=body.commits|default([body])\nauthor={{ item.author|default('') }}\n"
    "comments={{ item }}\nrevision={{ item.id|default(query.id)|default('') }}\n"
    "files=item.files|default([])\ntimestamp={{ item.timestamp|default('') }}\n"
    "pass-headers=X-Event\nproperty.event=headers\nproperty.all=body" },
};

static BelfryHookTest *test;

int
LLVMFuzzerInitialize (int *argc, char ***argv)
{
  const char *hook = g_getenv ("BELFRY_FUZZ_HOOK");
  const char *keys = NULL;

  if (hook == NULL)
    g_error ("BELFRY_FUZZ_HOOK names no hook");
  for (guint i = 0; i < G_N_ELEMENTS (sections); i++)
    if (strcmp (sections[i].hook, hook) == 0)
      keys = sections[i].keys;
  test = belfry_hook_test_new (hook, keys);
  return 0;
}

/* (transfer full): the head of an input, and where its body begins */
static char *
split_head (const char *text, size_t size, size_t *body)
{
  const char *end = memmem (text, size, "\n\n", 2);
  size_t head = end != NULL ? (size_t)(end - text) : size;

  *body = end != NULL ? head + 2 : size;
  return g_strndup (text, head);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  size_t at = 0;
  g_autofree char *head = split_head ((const char *)data, size, &at);
  g_auto (GStrv) lines = g_strsplit (head, "\n", 2);
  g_autoptr (GBytes) body = g_bytes_new (data + at, size - at);
  g_autoptr (BelfryRequest) request =
      belfry_hook_test_request ("POST", lines[0] != NULL ? lines[0] : "",
                                lines[0] != NULL && lines[1] != NULL ? lines[1] : "", body);
  g_autoptr (BelfryTranslation) translation = belfry_hook_test_translate (test, request);

  belfry_hook_test_check_sane (test, translation);
  return 0;
}
