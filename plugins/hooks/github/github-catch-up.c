/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Catching up, once at start: GitHub sends nothing a second time by itself, but lists what it sent
 * and sends it again when it is asked to. Webhook after webhook is looked through; what failed is
 * asked for, oldest first, one after the other. It then comes through the front door as any other
 * delivery, so that a signature is checked and a known id changes nothing. The log says what was
 * found. Nothing is tried twice: a fault ends it for that webhook, and the next start looks again.
 */
#include "github.h"

#define PAGES_AT_MOST  20
#define PAGE_ARGUMENTS "?per_page=100"
#define ACCEPTED       202

struct _BelfryGithubCatchUp {
  BelfryGithub *self;
  GCancellable *cancellable;
  GTask *stopping; /* (nullable): waits for the end */
  gint64 since_us;
  gint64 left; /* of the budget */
  guint webhook;
  /* of the webhook that is looked at */
  char *base; /* address of its deliveries */
  char *url;  /* that is asked now */
  guint n_pages;
  GHashTable *seen; /* (element-type utf8) events that a newer attempt has decided */
  GArray *failed;   /* (element-type gint64) newest first */
  guint n_failed;
  guint n_asked;
};

static void ask_page (BelfryGithubCatchUp *up, char *url);
static void ask_again (BelfryGithubCatchUp *up);

static void
finish (BelfryGithubCatchUp *up)
{
  GTask *stopping = up->stopping;

  up->self->catching_up = NULL;
  g_object_unref (up->cancellable);
  g_hash_table_unref (up->seen);
  g_array_unref (up->failed);
  g_free (up->base);
  g_free (up->url);
  g_free (up);
  if (stopping == NULL)
    return;
  g_task_return_boolean (stopping, TRUE);
  g_object_unref (stopping);
}

static void
next_webhook (BelfryGithubCatchUp *up)
{
  const char *webhook = up->self->catch_up_webhooks[up->webhook];

  if (webhook == NULL || g_cancellable_is_cancelled (up->cancellable)) {
    finish (up);
    return;
  }
  g_free (up->base);
  up->base = belfry_github_dup_webhook_url (up->self->api_endpoint, webhook);
  up->n_pages = 0;
  up->n_asked = 0;
  g_hash_table_remove_all (up->seen);
  g_array_set_size (up->failed, 0);
  ask_page (up, g_strconcat (up->base, PAGE_ARGUMENTS, NULL));
}

/* what was found, and the next one */
static void
end_webhook (BelfryGithubCatchUp *up, const char *fault)
{
  BelfryGithub *self = up->self;
  const char *webhook = self->catch_up_webhooks[up->webhook++];

  if (!g_cancellable_is_cancelled (up->cancellable)) {
    if (fault != NULL)
      belfry_instance_log (self->instance, G_LOG_LEVEL_WARNING,
                           "catching up with webhook %s: %s, giving up until the next start",
                           webhook, fault);
    belfry_instance_log (
        self->instance, G_LOG_LEVEL_MESSAGE,
        "catching up with webhook %s: failed deliveries: %u, asked for again: %u%s", webhook,
        up->n_failed, up->n_asked,
        self->catch_up == BELFRY_GITHUB_CATCH_UP_TELL ? " (catch-up=tell)"
        : up->left == 0 && up->n_asked < up->n_failed ? " (catch-up-limit)"
                                                      : "");
  }
  up->n_failed = 0;
  next_webhook (up);
}

static void
end_with_answer (BelfryGithubCatchUp *up, BelfryHttpAnswer *answer, GError *reason)
{
  g_autofree char *fault = answer != NULL ? g_strdup_printf ("GitHub answered %u",
                                                             belfry_http_answer_get_status (answer))
                                          : g_strdup (reason->message);

  end_webhook (up, fault);
}

static void
on_asked_again (GObject *source, GAsyncResult *result, gpointer user_data)
{
  BelfryGithubCatchUp *up = user_data;
  g_autoptr (GError) local = NULL;
  g_autoptr (BelfryHttpAnswer) answer =
      belfry_http_send_finish (up->self->instance, result, &local);

  if (answer == NULL || belfry_http_answer_get_status (answer) != ACCEPTED) {
    end_with_answer (up, answer, local);
    return;
  }
  up->n_asked++;
  up->left--;
  ask_again (up);
}

/* the oldest stands last */
static void
ask_again (BelfryGithubCatchUp *up)
{
  g_autoptr (BelfryHttpRequest) request = NULL;
  g_autofree char *url = NULL;

  if (up->failed->len == 0 || up->left == 0 || g_cancellable_is_cancelled (up->cancellable)) {
    end_webhook (up, NULL);
    return;
  }
  url = g_strdup_printf ("%s/%" G_GINT64_FORMAT "/attempts", up->base,
                         g_array_index (up->failed, gint64, up->failed->len - 1));
  g_array_set_size (up->failed, up->failed->len - 1);
  request = belfry_github_make_request (up->self, "POST", url);
  belfry_http_send_async (up->self->instance, request, up->cancellable, on_asked_again, up);
}

static void
end_pages (BelfryGithubCatchUp *up)
{
  up->n_failed = up->failed->len;
  if (up->self->catch_up == BELFRY_GITHUB_CATCH_UP_ON)
    ask_again (up);
  else
    end_webhook (up, NULL);
}

static void
on_page (GObject *source, GAsyncResult *result, gpointer user_data)
{
  BelfryGithubCatchUp *up = user_data;
  g_autoptr (GError) local = NULL;
  g_autoptr (BelfryHttpAnswer) answer =
      belfry_http_send_finish (up->self->instance, result, &local);
  char *next = NULL;

  if (answer == NULL || belfry_http_answer_get_status (answer) != 200) {
    end_with_answer (up, answer, local);
    return;
  }
  switch (belfry_github_read_deliveries (answer, up->since_us, up->seen, up->failed)) {
  case BELFRY_GITHUB_PAGE_WRONG:
    end_webhook (up, "GitHub's list of deliveries was not understood");
    return;
  case BELFRY_GITHUB_PAGE_MORE:
    next = up->n_pages < PAGES_AT_MOST ? belfry_github_read_next (answer, up->url) : NULL;
    break;
  case BELFRY_GITHUB_PAGE_LAST:
    break;
  }
  if (next != NULL)
    ask_page (up, next);
  else
    end_pages (up);
}

static void
ask_page (BelfryGithubCatchUp *up, char *url)
{
  g_autoptr (BelfryHttpRequest) request = belfry_github_make_request (up->self, "GET", url);

  up->n_pages++;
  g_free (up->url);
  up->url = url;
  belfry_http_send_async (up->self->instance, request, up->cancellable, on_page, up);
}

void
belfry_github_catch_up (BelfryGithub *self)
{
  BelfryGithubCatchUp *up = g_new0 (BelfryGithubCatchUp, 1);

  up->self = self;
  up->cancellable = g_cancellable_new ();
  up->since_us = belfry_clock_now_us () - self->catch_up_age;
  up->left = self->catch_up_limit;
  up->seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  up->failed = g_array_new (FALSE, FALSE, sizeof (gint64));
  self->catching_up = up;
  next_webhook (up);
}

void
belfry_github_stop_catching_up (BelfryGithub *self, GTask *task)
{
  if (self->catching_up == NULL) {
    g_task_return_boolean (task, TRUE);
    g_object_unref (task);
    return;
  }
  self->catching_up->stopping = task;
  g_cancellable_cancel (self->catching_up->cancellable);
}
