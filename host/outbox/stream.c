/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Streams: reporters that pass on every event, in order, without rows of their own. What they have
 * is a place in the table of events: the last event of which all was taken, how much of the next,
 * and the number of the last object. It moves only when something was taken, so that nothing is
 * lost and what was under way when the host died comes again.
 *
 * One push at a time: wait as long as the reporter says, read what came since, push, move on.
 * Events that retention has removed before they were pushed are lost; how many is logged.
 *
 * What is never stored (how long a build will run yet) is of its moment only: it goes out behind
 * what was read last, and is forgotten where a stream is too far behind or its sink refuses.
 */
#include "outbox-private.h"

#define KEY_SPACE      "host/outbox"
#define EVENTS_AT_ONCE 500
#define ITEMS_AT_ONCE  200
#define MAX_PASSING    100
#define FIRST_RETRY_US ((gint64)5 * G_USEC_PER_SEC)

typedef struct {
  gint64 event;  /* of it all was taken */
  gint64 part;   /* objects of the one after it that were taken */
  gint64 number; /* of the last object taken */
} Place;

struct _BelfryStream {
  guint refs;
  BelfryOutbox *outbox; /* not owned */
  BelfryHosted *hosted;
  BelfryConfig *config;
  char *name;
  const BelfryReporter *plugin;
  const BelfryReporterKeys *keys;
  gint64 begin; /* the last event before it was made */
  Place place;
  gboolean is_placed; /* it was read, or found to be none */
  gboolean is_busy;   /* reading, pushing or writing */
  gboolean is_behind; /* events came meanwhile */
  gboolean is_gone;
  gboolean is_abandoned; /* what it pushes is left behind */
  gboolean owes_end;     /* the host ends: one more push is due */
  gboolean is_last;      /* that one is under way */
  gboolean took;         /* what the last push did */
  GPtrArray *passing;    /* (element-type BelfryEvent) that are not stored, since the last push */
  GSource *timer;
  GCancellable *cancellable; /* (nullable) while it pushes */
};

/* what is read for one push */
typedef struct {
  BelfryStream *stream;
  JsonObject *host;
  gboolean find_place;
  Place found; /* as it was stored */
  Place place; /* as it is read on */
  gint64 seen; /* last event looked at */
  gint64 lost; /* events that were not there any more */
  GPtrArray *passing;
  JsonArray *items; /* owned */
  GArray *places;   /* (element-type Place) beside items: where one is once it was taken */
  gboolean more;
} Reading;

static BelfryStream *
stream_ref (BelfryStream *self)
{
  self->refs++;
  return self;
}

static void
stream_unref (BelfryStream *self)
{
  if (--self->refs > 0)
    return;
  g_clear_object (&self->cancellable);
  g_ptr_array_unref (self->passing);
  belfry_hosted_unref (self->hosted);
  belfry_config_unref (self->config);
  g_free (self->name);
  g_free (self);
}

static void
clear_timer (BelfryStream *self)
{
  if (self->timer == NULL)
    return;
  g_source_destroy (self->timer);
  g_clear_pointer (&self->timer, g_source_unref);
}

BelfryStream *
belfry_stream_new (BelfryOutbox *outbox, BelfryHosted *hosted, BelfryConfig *config)
{
  BelfryStream *self = g_new0 (BelfryStream, 1);

  self->refs = 1;
  self->outbox = outbox;
  self->hosted = belfry_hosted_ref (hosted);
  self->config = belfry_config_ref (hosted->config != NULL ? hosted->config : config);
  self->name = g_strdup (hosted->blueprint->name);
  self->plugin = belfry_hosted_get_plugin (hosted);
  self->keys = hosted->blueprint->host_state;
  self->passing = g_ptr_array_new_with_free_func (belfry_record_unref);
  self->took = TRUE;
  self->begin = MAX (belfry_store_last_event_id (outbox->store, BELFRY_NONE), 0);
  return self;
}

void
belfry_stream_retire (gpointer data)
{
  BelfryStream *self = data;

  self->is_gone = TRUE;
  clear_timer (self);
  if (self->cancellable != NULL)
    g_cancellable_cancel (self->cancellable);
  stream_unref (self);
}

gboolean
belfry_stream_is_of (const BelfryStream *self, const BelfryHosted *hosted)
{
  return self->hosted == hosted;
}

static gboolean
can_run (const BelfryStream *self)
{
  return !self->is_gone && (!self->outbox->stopping || self->is_last) &&
         self->hosted->instance != NULL && self->hosted->state == BELFRY_HOSTED_RUNNING;
}

static void
reading_free (Reading *reading)
{
  stream_unref (reading->stream);
  json_object_unref (reading->host);
  json_array_unref (reading->items);
  g_array_unref (reading->places);
  g_ptr_array_unref (reading->passing);
  g_free (reading);
}

/* places as they are stored */

static char *
dup_place_key (const BelfryStream *self)
{
  return g_strconcat ("stream/", self->name, NULL);
}

static gboolean
read_place (Reading *reading, BelfryReader *reader, GError **error)
{
  g_autofree char *key = dup_place_key (reading->stream);
  g_autoptr (GError) local = NULL;
  g_autoptr (JsonNode) node = belfry_reader_state_get (reader, key, &local);

  if (local != NULL) {
    g_propagate_error (error, g_steal_pointer (&local));
    return FALSE;
  }
  if (node != NULL && JSON_NODE_HOLDS_OBJECT (node)) {
    JsonObject *object = json_node_get_object (node);

    reading->found = (Place){ belfry_json_get_integer (object, "event", 0),
                              belfry_json_get_integer (object, "part", 0),
                              belfry_json_get_integer (object, "number", 0) };
    return TRUE;
  }
  /* one that is new hears of what happens from now on, the start of the host included */
  reading->found.event = reading->stream->begin;
  return TRUE;
}

typedef struct {
  char *key;
  Place place;
} Keeping;

static void
keeping_free (gpointer data)
{
  Keeping *keeping = data;

  g_free (keeping->key);
  g_free (keeping);
}

static gboolean
write_place (BelfryWriter *writer, gpointer data, GError **error)
{
  Keeping *keeping = data;
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  JsonObject *object = json_object_new ();

  json_object_set_int_member (object, "event", keeping->place.event);
  json_object_set_int_member (object, "part", keeping->place.part);
  json_object_set_int_member (object, "number", keeping->place.number);
  json_node_take_object (node, object);
  return belfry_writer_state_put (writer, KEY_SPACE, keeping->key, node, error);
}

/* reading, on a pool thread */

static gboolean
is_listed (char **list, char **items)
{
  for (char **item = items; item != NULL && *item != NULL; item++)
    if (g_strv_contains ((const char *const *)list, *item))
      return TRUE;
  return FALSE;
}

/* builders and tags narrow what is about a builder; all else passes */
static gboolean
is_wanted (const BelfryStream *self, BelfryReader *reader, const BelfryEvent *event)
{
  const BelfryReporterKeys *keys = self->keys;
  g_autoptr (BelfryBuilder) builder = NULL;

  if ((keys->builders == NULL && keys->tags == NULL) || event->builderid == BELFRY_NONE ||
      event->builderid == 0)
    return TRUE;
  builder = belfry_reader_find (reader, belfry_builder_get_type (), event->builderid, NULL);
  if (builder == NULL)
    return FALSE;
  if (keys->builders != NULL &&
      !g_strv_contains ((const char *const *)keys->builders, builder->name))
    return FALSE;
  return keys->tags == NULL || is_listed (keys->tags, builder->tags);
}

static void
add_items (Reading *reading, JsonArray *made, gint64 eventid)
{
  guint count = json_array_get_length (made);

  for (guint i = 0; i < count; i++) {
    JsonObject *item = json_array_get_object_element (made, i);
    Place after = { eventid, 0, reading->place.number + 1 };

    /* what was taken of it before the last stop */
    if (reading->place.part > 0) {
      reading->place.part--;
      continue;
    }
    if (i + 1 < count)
      after = (Place){ reading->seen, i + 1, after.number };
    reading->place.number = after.number;
    json_object_set_int_member (item, "id", after.number);
    json_array_add_object_element (reading->items, json_object_ref (item));
    g_array_append_val (reading->places, after);
  }
  reading->place.part = 0;
}

static gboolean
call_to_items (
    BelfryStream *self, BelfryEvent *event, BelfryReader *reader, JsonArray *made, GError **error)
{
  g_auto (BelfryCallback) call = belfry_hosted_call (self->hosted, "to_items");

  return self->plugin->to_items (belfry_hosted_get_state (self->hosted), event, reader, made,
                                 error);
}

/* (transfer full): what the event becomes; nothing where it is not wanted */
static JsonArray *
make_items (Reading *reading, BelfryReader *reader, BelfryEvent *event)
{
  BelfryStream *self = reading->stream;
  JsonArray *made = json_array_new ();
  g_autoptr (GError) local = NULL;

  if (!is_wanted (self, reader, event) || call_to_items (self, event, reader, made, &local))
    return made;
  g_info ("reporter '%s': event %" G_GINT64_FORMAT ": %s; it is passed over", self->name,
          event->eventid, local != NULL ? local->message : "no reason given");
  json_array_unref (made);
  return json_array_new ();
}

/* they have no place of their own: who took one has taken what stands before it */
static void
take_passing (Reading *reading, BelfryReader *reader, BelfryEvent *event)
{
  g_autoptr (JsonArray) made = make_items (reading, reader, event);

  for (guint i = 0; i < json_array_get_length (made); i++) {
    JsonObject *item = json_array_get_object_element (made, i);
    Place after = { reading->seen, 0, ++reading->place.number };

    json_object_set_int_member (item, "id", after.number);
    json_array_add_object_element (reading->items, json_object_ref (item));
    g_array_append_val (reading->places, after);
  }
}

/* retention takes the oldest first: where the last one taken is there, none was missed */
static gboolean
was_removed (BelfryReader *reader, gint64 eventid)
{
  g_autoptr (GError) local = NULL;
  g_autoptr (BelfryEvent) event = NULL;

  if (eventid == 0)
    return FALSE;
  event = belfry_reader_find (reader, belfry_event_get_type (), eventid, &local);
  return event == NULL && g_error_matches (local, BELFRY_ERROR, BELFRY_ERROR_NOT_FOUND);
}

static gboolean
run_reading (BelfryReader *reader, gpointer data, GError **error)
{
  Reading *reading = data;
  BelfryQuery query = BELFRY_QUERY_INIT;
  guint limit = reading->stream->plugin->batch_max;
  g_autoptr (GPtrArray) events = NULL;
  gboolean cut = FALSE;

  if (reading->find_place && !read_place (reading, reader, error))
    return FALSE;
  reading->place = reading->found;
  reading->seen = reading->place.event;
  query.filters[0] =
      (BelfryFilter){ "eventid", BELFRY_COMPARE_GREATER, reading->place.event, NULL };
  query.limit = EVENTS_AT_ONCE;
  events = belfry_reader_list (reader, belfry_event_get_type (), &query, &cut, error);
  if (events == NULL)
    return FALSE;
  limit = limit != 0 ? limit : ITEMS_AT_ONCE;
  for (guint i = 0; i < events->len && json_array_get_length (reading->items) < limit; i++) {
    BelfryEvent *event = g_ptr_array_index (events, i);
    g_autoptr (JsonArray) made = NULL;

    if (i == 0 && was_removed (reader, reading->found.event))
      reading->lost = event->eventid - reading->found.event - 1;
    made = make_items (reading, reader, event);
    add_items (reading, made, event->eventid);
    reading->seen = event->eventid;
    cut |= i + 1 < events->len && json_array_get_length (reading->items) >= limit;
  }
  reading->more = cut;
  for (guint i = 0; !cut && i < reading->passing->len; i++)
    take_passing (reading, reader, g_ptr_array_index (reading->passing, i));
  return TRUE;
}

/* pushing */

static void schedule (BelfryStream *self);
static void push_last (BelfryStream *self);

static void
end_round (BelfryStream *self)
{
  self->is_busy = FALSE;
  self->is_last = FALSE;
  if (self->owes_end)
    push_last (self);
  else if (self->is_behind)
    schedule (self);
  belfry_outbox_end (self->outbox);
}

static void
on_place_written (GObject *source, GAsyncResult *result, gpointer user_data)
{
  BelfryStream *self = user_data;
  g_autoptr (GError) local = NULL;

  if (!belfry_store_write_finish (self->outbox->store, result, &local))
    g_warning ("reporter '%s': writing down how far it is: %s; some events may come again",
               self->name, local->message);
  end_round (self);
  stream_unref (self);
}

static void
move_on (BelfryStream *self, Place place)
{
  Keeping *keeping = g_new0 (Keeping, 1);

  self->place = place;
  keeping->key = dup_place_key (self);
  keeping->place = place;
  belfry_store_write_async (self->outbox->store, write_place, keeping, keeping_free, NULL,
                            on_place_written, stream_ref (self));
}

static void
on_pushed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Reading *reading = user_data;
  BelfryStream *self = reading->stream;
  guint count = json_array_get_length (reading->items);
  g_autoptr (GError) local = NULL;
  gssize taken = g_task_propagate_int (G_TASK (result), &local);
  Place place = self->place;

  g_clear_object (&self->cancellable);
  if (self->is_abandoned) {
    reading_free (reading);
    return;
  }
  if (local != NULL)
    g_info ("reporter '%s': pushing events: %s; they come again", self->name, local->message);
  taken = local != NULL ? 0 : CLAMP (taken, 0, (gssize)count);
  self->took = taken > 0;
  self->is_behind |= reading->more || taken < (gssize)count;
  if (taken > 0)
    place = g_array_index (reading->places, Place, taken - 1);
  if (taken == (gssize)count)
    place = (Place){ reading->seen, 0, place.number };
  if (taken > 0)
    move_on (self, place);
  else
    end_round (self);
  reading_free (reading);
}

void
belfry_streams_abandon (BelfryOutbox *outbox)
{
  GHashTableIter iter;
  gpointer value = NULL;

  g_hash_table_iter_init (&iter, outbox->streams);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    BelfryStream *self = value;

    if (self->cancellable == NULL || self->is_abandoned)
      continue;
    self->is_abandoned = TRUE;
    g_cancellable_cancel (self->cancellable);
    belfry_outbox_end (outbox);
  }
}

static void
call_deliver_batch (BelfryStream *self, JsonArray *items, GTask *task)
{
  g_auto (BelfryCallback) call = belfry_hosted_call (self->hosted, "deliver_batch");

  self->plugin->deliver_batch (belfry_hosted_get_state (self->hosted), items, task);
}

static void
push (Reading *reading)
{
  BelfryStream *self = reading->stream;
  GTask *task = NULL;

  if (reading->lost > 0)
    g_warning ("reporter '%s': up to %" G_GINT64_FORMAT " events were removed before it took them",
               self->name, reading->lost);
  self->cancellable = g_cancellable_new ();
  task = g_task_new (NULL, self->cancellable, on_pushed, reading);
  call_deliver_batch (self, reading->items, task);
}

/* what was looked at and made nothing need not be looked at again */
static void
pass_over (Reading *reading)
{
  BelfryStream *self = reading->stream;

  self->is_behind |= reading->more;
  if (reading->seen > self->place.event)
    move_on (self, (Place){ reading->seen, 0, self->place.number });
  else
    end_round (self);
}

static void
on_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Reading *reading = user_data;
  BelfryStream *self = reading->stream;
  g_autoptr (GError) local = NULL;

  if (!belfry_store_read_finish (self->outbox->store, result, &local)) {
    g_warning ("reporter '%s': reading events: %s; trying again", self->name, local->message);
    self->took = FALSE;
    self->is_behind = TRUE;
    end_round (self);
    reading_free (reading);
    return;
  }
  self->is_placed = TRUE;
  self->place = reading->found;
  if (json_array_get_length (reading->items) > 0 && can_run (self)) {
    push (reading);
    return;
  }
  if (json_array_get_length (reading->items) == 0)
    pass_over (reading);
  else
    end_round (self);
  reading_free (reading);
}

static void
begin_round (BelfryStream *self)
{
  Reading *reading = g_new0 (Reading, 1);
  BelfryReaderView view = { .instance = KEY_SPACE };

  reading->stream = stream_ref (self);
  reading->find_place = !self->is_placed;
  reading->found = self->place;
  reading->items = json_array_new ();
  reading->places = g_array_new (FALSE, FALSE, sizeof (Place));
  reading->passing = g_steal_pointer (&self->passing);
  self->passing = g_ptr_array_new_with_free_func (belfry_record_unref);
  reading->host = json_object_new ();
  if (self->outbox->config != NULL && self->outbox->config->host.url != NULL)
    json_object_set_string_member (reading->host, "url", self->outbox->config->host.url);
  view.host_info = reading->host;
  self->is_busy = TRUE;
  self->is_behind = FALSE;
  belfry_outbox_begin (self->outbox);
  belfry_store_read_async (self->outbox->store, &view, run_reading, reading, NULL, on_read,
                           reading);
}

/* at once, and whatever it does not take stays for the next start; a sink that refused is not asked
 * once more */
static void
push_last (BelfryStream *self)
{
  self->owes_end = FALSE;
  self->is_last = TRUE;
  if (self->took && can_run (self))
    begin_round (self);
  else
    self->is_last = FALSE;
}

static gboolean
on_timer (gpointer user_data)
{
  BelfryStream *self = user_data;

  clear_timer (self);
  if (can_run (self) && !self->is_busy)
    begin_round (self);
  return G_SOURCE_REMOVE;
}

static void
schedule (BelfryStream *self)
{
  gint64 wait_us = self->took ? 0 : FIRST_RETRY_US;

  if (!can_run (self) || self->timer != NULL)
    return;
  if (self->plugin->get_pause != NULL)
    wait_us = self->plugin->get_pause (belfry_hosted_get_state (self->hosted), self->took);
  self->timer = g_timeout_source_new ((guint)CLAMP (wait_us / 1000, 0, G_MAXINT));
  g_source_set_callback (self->timer, on_timer, self, NULL);
  g_source_attach (self->timer, g_main_context_get_thread_default ());
}

void
belfry_stream_wake (BelfryStream *self)
{
  self->is_behind = TRUE;
  if (!self->is_busy)
    schedule (self);
}

void
belfry_stream_pass (BelfryStream *self, BelfryEvent *event)
{
  if (self->passing->len >= MAX_PASSING)
    g_ptr_array_remove_index (self->passing, 0);
  g_ptr_array_add (self->passing, belfry_record_ref (event));
  belfry_stream_wake (self);
}

/* the end of the host */

/* what was written before is stored by now, that the host ends among it */
static gboolean
write_nothing (BelfryWriter *writer, gpointer data, GError **error)
{
  return TRUE;
}

static void
on_end_stored (GObject *source, GAsyncResult *result, gpointer user_data)
{
  BelfryOutbox *outbox = user_data;
  gboolean good = belfry_store_write_finish (outbox->store, result, NULL);
  GHashTableIter iter;
  gpointer value = NULL;

  g_hash_table_iter_init (&iter, outbox->streams);
  while (good && g_hash_table_iter_next (&iter, NULL, &value)) {
    BelfryStream *self = value;

    self->owes_end = TRUE;
    if (!self->is_busy)
      push_last (self);
  }
  belfry_outbox_end (outbox);
}

void
belfry_streams_end (BelfryOutbox *outbox)
{
  GHashTableIter iter;
  gpointer value = NULL;

  if (g_hash_table_size (outbox->streams) == 0 || !outbox->knows_pauses)
    return;
  g_hash_table_iter_init (&iter, outbox->streams);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    clear_timer (value);
  belfry_outbox_begin (outbox);
  belfry_store_write_async (outbox->store, write_nothing, NULL, NULL, NULL, on_end_stored, outbox);
}

JsonObject *
belfry_streams_describe (BelfryOutbox *outbox)
{
  JsonObject *object = json_object_new ();
  gint64 last = belfry_store_last_event_id (outbox->store, BELFRY_NONE);
  GHashTableIter iter;
  gpointer value = NULL;

  g_hash_table_iter_init (&iter, outbox->streams);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    const BelfryStream *self = value;

    json_object_set_int_member (object, self->name,
                                self->is_placed ? MAX (last - self->place.event, 0) : 0);
  }
  return object;
}
