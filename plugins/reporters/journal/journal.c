/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writes an entry into the systemd journal for each report. It is the smallest reporter there is,
 * and so an example: a table of options, a plan that turns a report into what is to be kept, and a
 * delivery that says what became of it. A reporter that speaks HTTP has to_request and from_answer
 * in the place of deliver.
 */
#include "journal.h"

#include <errno.h>
#include <gio/gunixsocketaddress.h>

static const BelfryOption journal_options[] = {
  BELFRY_MAP (BelfryJournal,
              fields,
              "fields",
              .element = BELFRY_OPTION_TEMPLATE,
              .help = N_ ("further fields of an entry, each a template")),
  BELFRY_MAP (BelfryJournal,
              priorities,
              "priorities",
              .element = BELFRY_OPTION_INTEGER,
              .minimum = 0,
              .maximum = 7,
              .help = N_ ("priority of each mode as syslog has them: change, failing, passing, "
                          "warnings, exception, skipped, retry, cancelled, worker_missing")),
  BELFRY_PATH (BelfryJournal,
               socket,
               "socket",
               .default_text = "/run/systemd/journal/socket",
               .help = N_ ("where the journal listens")),
  { NULL },
};

static void
journal_check (gconstpointer self, const BelfryCheck *check)
{
  const BelfryJournal *journal = self;

  belfry_journal_check_fields (journal->fields, check);
  belfry_reports_check_modes (journal->priorities, "priorities", check);
}

/* the main loop never waits: a journal that does not read is one that is away for now */
static gboolean
send_entry (const char *path, GBytes *entry, GError **error)
{
  gsize length = 0;
  const char *data = g_bytes_get_data (entry, &length);
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);
  g_autoptr (GSocket) socket =
      g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_DEFAULT, error);

  if (socket == NULL)
    return FALSE;
  g_socket_set_blocking (socket, FALSE);
  return g_socket_send_to (socket, address, data, length, NULL, error) >= 0;
}

static void
journal_start (gpointer self, BelfryInstance *instance, GTask *task)
{
  BelfryJournal *journal = self;
  g_autoptr (GError) local = NULL;
  g_autoptr (GBytes) nothing = g_bytes_new_static ("", 0);

  /* an empty datagram is no entry, but finds out who listens */
  if (send_entry (journal->socket, nothing, &local))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_new_error (task, BELFRY_ERROR, BELFRY_ERROR_NOT_FOUND,
                             "there is no journal at '%s': %s", journal->socket, local->message);
  g_object_unref (task);
}

static gboolean
journal_plan (gconstpointer self,
              const BelfryReport *report,
              BelfryTargets *targets,
              GError **error)
{
  g_autofree char *key = belfry_reports_dup_key (report);
  g_autoptr (JsonNode) entry = belfry_journal_make_entry (self, report, error);

  if (entry == NULL)
    return FALSE;
  belfry_targets_add (targets, "journal", key, entry);
  return TRUE;
}

static void
journal_deliver (gpointer self, const BelfryItem *item, GTask *task)
{
  BelfryJournal *journal = self;
  g_autoptr (GBytes) entry = belfry_journal_serialize (json_node_get_object (item->payload));
  g_autoptr (GError) local = NULL;
  BelfryOutcome *outcome = send_entry (journal->socket, entry, &local)
                               ? belfry_outcome_new (BELFRY_OUTCOME_DELIVERED, NULL)
                               : belfry_outcome_new_wait (0, FALSE, local->message);

  g_task_return_pointer (task, outcome, (GDestroyNotify)belfry_outcome_free);
  g_object_unref (task);
}

BELFRY_DEFINE_REPORTER (
  .name          = "journal",
  .summary       = N_("Writes entries into the systemd journal"),
  .family        = BELFRY_FAMILY_MESSAGE,
  .phases        = BELFRY_PHASE_STARTED | BELFRY_PHASE_FINISHED | BELFRY_PHASE_BUILDSET |
                   BELFRY_PHASE_WORKER,
  .options       = journal_options,
  .instance_size = sizeof (BelfryJournal),
  .template_name = "default_notification.txt",
  .needs         = BELFRY_NEEDS_FILES,
  .check         = journal_check,
  .start         = journal_start,
  .plan          = journal_plan,
  .deliver       = journal_deliver,
);
