/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes the texts of templates that are marked for translation as a PO file, which gettext's own
 * tools then join with those of the C sources. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "belfry-plugin.h"

/* as a string of C, which is what a PO file has; letters beyond ASCII stay readable */
static void
print_text (const char *keyword, const char *text)
{
  printf ("%s \"", keyword);
  for (; *text != '\0'; text++) {
    if (*text == '\n') {
      printf ("\\n");
      continue;
    }
    if (*text == '"' || *text == '\\')
      putchar ('\\');
    putchar (*text);
  }
  printf ("\"\n");
}

static void
print_message (guint line, const char *text, const char *plural, gpointer name)
{
  printf ("\n#: %s:%u\n", (const char *)name, line);
  /* so that msgfmt compares the names of what is filled in */
  if (strstr (text, "%(") != NULL)
    printf ("#, python-format\n");
  print_text ("msgid", text);
  if (plural != NULL) {
    print_text ("msgid_plural", plural);
    printf ("msgstr[0] \"\"\nmsgstr[1] \"\"\n");
  } else {
    printf ("msgstr \"\"\n");
  }
}

int
main (int argc, char **argv)
{
  printf ("msgid \"\"\nmsgstr \"\"\n\"Content-Type: text/plain; charset=UTF-8\\n\"\n");
  for (int i = 1; i < argc; i++) {
    g_autoptr (GError) error = NULL;
    g_autofree char *text = NULL;

    if (!g_file_get_contents (argv[i], &text, NULL, &error) ||
        !belfry_template_foreach_message (text, print_message, argv[i], &error)) {
      fprintf (stderr, "%s: %s\n", argv[i], error->message);
      return EXIT_FAILURE;
    }
  }
  return EXIT_SUCCESS;
}
