"""Words about imports."""
from __future__ import annotations

MESSAGES = {
    "import.encoding": "{path} is not UTF-8 text",
    "import.empty": "{path} is empty",
    "import.column": "the file has no column {found}",
    "import.wide": "the table has {count} columns, too many",
    "import.column-twice": "columns of the same name: {columns}",
    "import.csv": "the CSV cannot be read on: {why}",
    "import.json": "the JSON cannot be read on: {why}",
    "import.not-an-object": "this is not a record",
    "import.no-key": "{column} is empty in this row",
    "import.key-twice": "the key {key} stood in line {first} already",
    "import.kind": "{found} files cannot be imported",
    "import.no-fields": "no column of the file is a field of the form ({known})",
}
FIXES = {
    "import.encoding": "save it as UTF-8 and import again",
    "import.empty": "check the file",
    "import.column": "columns: {known}.{hint}",
    "import.wide": "keep the columns to import, then try again",
    "import.column-twice": "give every column a name of its own",
    "import.csv": "check the quotes of this line",
    "import.json": "check this line",
    "import.not-an-object": "write each record as {{…}}",
    "import.no-key": "fill it in, or choose another column for --key",
    "import.key-twice": "leave the second one out",
    "import.kind": "save it as one of: {known}",
    "import.no-fields": "say which is which with --map FIELD=COLUMN",
}
