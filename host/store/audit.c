/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "audit.h"

static gboolean
write_entry (BelfryWriter *writer, gpointer data, GError **error)
{
  return belfry_writer_insert (writer, data, error);
}

void
belfry_audit_write (BelfryStore *store, const BelfryAudit *audit)
{
  BelfryAuditEntry *entry = belfry_audit_entry_new ();

  entry->at = belfry_clock_now_us ();
  belfry_record_set_text (&entry->who, audit->who);
  belfry_record_set_text (&entry->by, audit->by);
  belfry_record_set_text (&entry->action, audit->action);
  belfry_record_set_text (&entry->target, audit->target);
  belfry_record_set_text (&entry->outcome, audit->outcome);
  g_message ("%s of %s asked by '%s' from %s: %s", audit->action, audit->target, audit->who,
             audit->by, audit->outcome);
  belfry_store_write (store, write_entry, entry, belfry_record_unref);
}
