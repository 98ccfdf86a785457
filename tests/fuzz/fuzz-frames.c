/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a plugin's own process says to the host. An input is a frame's JSON and, behind a newline,
 * its body; it comes with right lengths, and once more as a packet that is nothing but the input.
 * Either a frame comes out or an error; what its readers take is the same after another journey.
 */
#include "fuzz.h"

#include "isolation/frame.h"
#include "isolation/wire.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct {
  guint32 json_bytes;
  guint32 body_bytes;
} Lengths;

int
LLVMFuzzerInitialize (int *argc, char ***argv)
{
  (void)argc;
  (void)argv;
  return 0;
}

static BelfryFrame *
receive (int socket)
{
  g_autoptr (GError) error = NULL;
  BelfryFrame *frame = belfry_frame_receive (socket, BELFRY_FRAME_FROM_CHILD, &error);

  g_assert_true ((frame != NULL) == (error == NULL));
  g_assert_true (frame == NULL || frame->head != NULL);
  return frame;
}

static BelfryFrame *
pass_bytes (const GByteArray *bytes)
{
  int ends[2] = { -1, -1 };
  BelfryFrame *frame = NULL;

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), ==, 0);
  if (bytes->len > 0)
    g_assert_cmpint (send (ends[0], bytes->data, bytes->len, MSG_NOSIGNAL), ==, bytes->len);
  close (ends[0]);
  frame = receive (ends[1]);
  close (ends[1]);
  return frame;
}

/* as the host's own frames go, the long ones in a file */
static BelfryFrame *
pass_head (JsonObject *head, GBytes *body)
{
  g_autoptr (BelfryPacket) packet = belfry_packet_new (head, body, NULL);
  int ends[2] = { -1, -1 };
  BelfryFrame *frame = NULL;

  g_assert_nonnull (packet);
  g_assert_cmpint (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), ==, 0);
  g_assert_true (belfry_packet_send (packet, ends[0], NULL));
  frame = receive (ends[1]);
  close (ends[0]);
  close (ends[1]);
  return frame;
}

static char *
dup_written (JsonObject *result, gboolean *is_read)
{
  g_autoptr (BelfryTranslation) translation = belfry_wire_read_translation (result, NULL);
  g_autoptr (JsonObject) written = NULL;

  *is_read = translation != NULL;
  if (translation == NULL)
    return NULL;
  written = belfry_wire_write_translation (translation);
  return belfry_json_object_to_text (written);
}

static void
check_translation (JsonObject *result)
{
  g_autoptr (JsonNode) node = NULL;
  g_autofree char *again = NULL;
  gboolean is_read = FALSE;
  g_autofree char *text = dup_written (result, &is_read);

  if (!is_read)
    return;
  node = belfry_json_parse (text, strlen (text), NULL, NULL);
  g_assert_nonnull (node);
  again = dup_written (json_node_get_object (node), &is_read);
  g_assert_cmpstr (text, ==, again);
}

static void
check_report (JsonObject *result)
{
  g_autoptr (BelfryTargets) targets = belfry_targets_new ();
  g_autoptr (BelfryOutcome) outcome = belfry_wire_read_outcome (result, NULL);
  JsonArray *array = result != NULL ? belfry_json_get_array (result, "targets") : NULL;

  g_assert_true (outcome == NULL || outcome->wait_us >= 0);
  g_assert_true (outcome == NULL || outcome->http_status <= 999);
  if (belfry_wire_read_targets (array, targets, NULL))
    g_assert_cmpuint (belfry_targets_get_length (targets), <=, json_array_get_length (array));
}

static void
check_frame (BelfryFrame *frame)
{
  JsonObject *result = belfry_json_get_object (frame->head, "result");
  g_autoptr (GError) error = belfry_wire_get_error (frame->head);
  g_autofree char *text = belfry_json_object_to_text (frame->head);
  g_autoptr (BelfryFrame) again = pass_head (frame->head, frame->body);
  g_autofree char *same = again != NULL ? belfry_json_object_to_text (again->head) : NULL;

  g_assert_cmpstr (text, ==, same);
  g_assert_true ((frame->body == NULL) == (again->body == NULL));
  g_assert_true (frame->body == NULL || g_bytes_equal (frame->body, again->body));
  check_translation (result);
  check_report (result);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GByteArray) raw = g_byte_array_new ();
  g_autoptr (GByteArray) measured = g_byte_array_new ();
  const uint8_t *end = size > 0 ? memchr (data, '\n', size) : NULL;
  size_t json = end != NULL ? (size_t)(end - data) : size;
  Lengths lengths = { (guint32)json, (guint32)(end != NULL ? size - json - 1 : 0) };
  g_autoptr (BelfryFrame) odd = NULL;
  g_autoptr (BelfryFrame) frame = NULL;

  g_byte_array_append (raw, data, (guint)size);
  g_byte_array_append (measured, (const guint8 *)&lengths, sizeof lengths);
  g_byte_array_append (measured, data, lengths.json_bytes);
  g_byte_array_append (measured, data + size - lengths.body_bytes, lengths.body_bytes);
  odd = pass_bytes (raw);
  frame = pass_bytes (measured);
  if (odd != NULL)
    check_frame (odd);
  if (frame != NULL)
    check_frame (frame);
  return 0;
}
