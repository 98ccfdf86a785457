/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Comments on the pull request that was built, once for each repository that the build's source
 * stamps name. Format: "REST API endpoints for issue comments" of GitHub's documentation.
 */
#include <forge-status.h>

#include <string.h>

/* a comment must be shorter than 65536 bytes */
#define MAX_BYTES 65535
#define CUT_NOTE  "\n[cut here: the comment was too long]\n"

typedef struct {
  BelfryForgeHttp http;
  BelfryForgeWords words;
  BelfrySecret *token;
  BelfryRendered *context; /* accepted, without effect */
  char *base_url;
} GithubComment;

static const BelfryForgeService github_comment_service = {
  .sent = "Comment {what}",
  .failure = "Failed to add a comment {what}. http {code}, {answer}",
  .needs = "a token with 'Issues: write' or 'Pull requests: write' for the repository",
};

static const BelfryOption github_comment_options[] = {
  BELFRY_SECRET (GithubComment,
                 token,
                 "token",
                 .required = TRUE,
                 .help = N_ ("token of a user or an app that may comment on pull requests")),
  BELFRY_FORGE_WORDS_ROWS (GithubComment, words, NULL),
  BELFRY_RENDERED (GithubComment,
                   context,
                   "context",
                   .hidden = TRUE,
                   .help = N_ ("without effect: a comment has no context")),
  BELFRY_URL (GithubComment,
              base_url,
              "base-url",
              .default_text = "https://api.github.com",
              .help = N_ ("root of the API, for GitHub Enterprise")),
  BELFRY_REPORTS_WIRE_OPTIONS (GithubComment, http.wire),
  BELFRY_FORGE_VERBOSE_ROW (GithubComment, http),
  { NULL },
};

static const BelfryDefault github_comment_defaults[] = {
  { "mode", "failing;passing;warnings;exception;cancelled;skipped;retry" },
  { NULL },
};

/* the host renders texts for every reporter of messages; this one has words of its own */
static void
check_text_keys (const BelfryCheck *check)
{
  static const char *const keys[] = {
    "template",      "template-dir",     "template-filename", "template-name",
    "template-type", "subject-template", "subject-filename",  "message-formatter-program",
    "subject",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    if (belfry_section_find (check->section, keys[i]) != NULL)
      belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section, keys[i],
                           "a comment has no '%s'; its text is end-description, "
                           "end-description-template or end-description-program",
                           keys[i]);
}

static void
github_comment_check (gconstpointer self, const BelfryCheck *check)
{
  const GithubComment *comment = self;

  check_text_keys (check);
  belfry_forge_words_check (&comment->words, check);
  belfry_reports_check_wire (&comment->http.wire, check, "base-url", comment->base_url);
}

/* N of `refs/pull/N/merge` or `refs/pull/N/head`; NULL: no pull request. (transfer full) */
static char *
dup_number (const BelfryForgeBuild *build)
{
  const char *branch = belfry_forge_build_get_property (build, "branch");
  const char *at = branch != NULL ? strstr (branch, "refs/pull/") : NULL;
  gsize digits = 0;

  if (at == NULL)
    return NULL;
  at += strlen ("refs/pull/");
  digits = strspn (at, "0123456789");
  if (digits == 0 || digits > 18 ||
      (!g_str_has_prefix (at + digits, "/merge") && !g_str_has_prefix (at + digits, "/head")))
    return NULL;
  return g_strndup (at, digits);
}

/* cut behind a whole line where there is one; NULL: there is nothing to say */
static char *
dup_body (const char *text)
{
  gsize room = MAX_BYTES - strlen (CUT_NOTE);
  g_autofree char *cut = NULL;
  char *end = NULL;

  if (text[strspn (text, " \t\r\n")] == '\0')
    return NULL;
  if (strlen (text) <= MAX_BYTES)
    return g_strdup (text);
  cut = belfry_text_cut (text, room);
  end = strrchr (cut, '\n');
  if (end != NULL)
    *end = '\0';
  return g_strconcat (cut, CUT_NOTE, NULL);
}

/* whether one from @first on is that one */
static gboolean
has_target (BelfryTargets *targets, guint first, const char *target)
{
  for (guint i = first; i < belfry_targets_get_length (targets); i++)
    if (g_str_equal (belfry_targets_get_target (targets, i), target))
      return TRUE;
  return FALSE;
}

/* one comment in the making */
typedef struct {
  const BelfryForgeBuild *build;
  const char *program; /* (nullable) says it later */
  const char *number;
  const char *text; /* (nullable) */
} Comment;

static void
add_comment (const Comment *comment, BelfryTargets *targets, guint first, JsonObject *stamp)
{
  g_autofree char *owner = NULL;
  g_autofree char *name = NULL;
  g_autofree char *path = NULL;
  g_autofree char *target = NULL;
  g_autofree char *what = NULL;
  g_autoptr (JsonNode) payload = NULL;
  JsonObject *body = NULL;

  if (belfry_forge_get_text (stamp, "revision") == NULL ||
      !belfry_forge_find_repository (stamp, &owner, &name))
    return;
  path = belfry_forge_dup_path ("repos", owner, name, "issues", comment->number, "comments", NULL);
  target = g_strdup_printf ("%s/%s", owner, name);
  if (path == NULL || has_target (targets, first, target))
    return;
  what = g_strdup_printf ("for %s, issue %s", target, comment->number);
  body = json_object_new ();
  json_object_set_string_member (body, "body", comment->text != NULL ? comment->text : "");
  payload = belfry_forge_payload_new (path, body, what);
  if (comment->program != NULL)
    belfry_forge_payload_set_program (payload, comment->program, comment->build);
  belfry_targets_add (targets, target, comment->number, payload);
}

static gboolean
plan_build (const GithubComment *comment,
            const BelfryForgeBuild *build,
            BelfryTargets *targets,
            GError **error)
{
  guint first = belfry_targets_get_length (targets);
  g_autofree char *number = dup_number (build);
  g_autofree char *text = belfry_forge_words_render (&comment->words, build, error);
  g_autofree char *body = text != NULL ? dup_body (text) : NULL;
  Comment made = { build, belfry_forge_words_get_program (&comment->words, build), number, body };

  if (text == NULL)
    return FALSE;
  if (body == NULL && made.program == NULL)
    return TRUE;
  if (number == NULL) {
    belfry_forge_log (&comment->http,
                      "Skipped a build of '%s': its branch names no pull request, so the issue is "
                      "not known",
                      build->builder);
    return TRUE;
  }
  for (guint i = 0; i < belfry_forge_build_count_stamps (build); i++)
    add_comment (&made, targets, first, belfry_forge_build_get_stamp (build, i));
  if (belfry_targets_get_length (targets) == first)
    belfry_forge_log (&comment->http,
                      "Skipped a build of '%s': no source stamp has a revision and a repository",
                      build->builder);
  return TRUE;
}

static gboolean
github_comment_plan (gconstpointer self,
                     const BelfryReport *report,
                     BelfryTargets *targets,
                     GError **error)
{
  BelfryForgeBuild build;

  for (guint i = 0; belfry_forge_build_init (&build, report, i); i++)
    if (!plan_build (self, &build, targets, error))
      return FALSE;
  return TRUE;
}

static BelfryHttpRequest *
github_comment_to_request (gconstpointer self, const BelfryItem *item, GError **error)
{
  const GithubComment *comment = self;
  BelfryHttpRequest *request =
      belfry_forge_request_new (&comment->http, comment->base_url, item, error);

  if (request != NULL)
    belfry_http_request_set_bearer (request, "token", belfry_secret_get_value (comment->token));
  return request;
}

static BelfryOutcome *
github_comment_from_answer (gconstpointer self, const BelfryItem *item, BelfryHttpAnswer *answer)
{
  const GithubComment *comment = self;

  return belfry_forge_judge (&github_comment_service, &comment->http, item, answer);
}

static guint
github_comment_choose_phases (gconstpointer self)
{
  const BelfryForgeWords *words = &((const GithubComment *)self)->words;

  return BELFRY_PHASE_FINISHED | (belfry_forge_words_has_start (words) ? BELFRY_PHASE_STARTED : 0);
}

static void
github_comment_start (gpointer self, BelfryInstance *instance, GTask *task)
{
  GithubComment *comment = self;

  belfry_forge_start (&comment->http, instance, task);
}

static const BelfryForgePost github_comment_post = {
  .member = "body",
  .fit = dup_body,
  .to_request = github_comment_to_request,
  .from_answer = github_comment_from_answer,
};

static void
github_comment_deliver (gpointer self, const BelfryItem *item, GTask *task)
{
  GithubComment *comment = self;

  belfry_forge_deliver (&github_comment_post, self, &comment->http, &comment->words, item, task);
}

BELFRY_DEFINE_REPORTER (
  .name          = "github-comment",
  .summary       = N_("Comments on pull requests on GitHub"),
  .family        = BELFRY_FAMILY_MESSAGE,
  .phases        = BELFRY_PHASE_STARTED | BELFRY_PHASE_FINISHED,
  .options       = github_comment_options,
  .defaults      = github_comment_defaults,
  .instance_size = sizeof (GithubComment),
  .needs         = BELFRY_NEEDS_EXEC,
  .check         = github_comment_check,
  .start         = github_comment_start,
  .plan          = github_comment_plan,
  .choose_phases = github_comment_choose_phases,
  .deliver       = github_comment_deliver,
);
