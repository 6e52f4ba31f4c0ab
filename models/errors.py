"""The errors of storage.

StorageError
├── KeyFileError          the key file is missing, readable by others, damaged, or lacks a key
├── DatabaseError         the database cannot be opened
│   ├── DatabaseMissing       no file at that place
│   ├── DatabaseExists        a new database was asked for where something lies already
│   ├── FolderOpenToOthers    other accounts of the machine can enter the data folder
│   ├── NotAWardflowDatabase  the file is something else
│   ├── WrongKey              the key file does not belong to this database
│   ├── DatabaseInUse         another process has the hospital open
│   ├── NewerSchema           written by a newer wardflow
│   └── OlderSchema           needs ``wardflow migrate``
├── StorageFails          the database does not store, or has not answered in time
├── GuardViolation        the database refused a write: somebody else was there first
├── WriterError           a command was not carried out
│   ├── QueueFull             too many commands wait; carries ``retry_after_seconds``
│   ├── WriterClosed          the writer has stopped
│   ├── CommitFailed          the batch was not stored; the same command may be sent again
│   │   └── OutcomeUnknown        nobody knows whether it was; the same command with its key finds out
│   └── Contended             refused by a guard again and again
├── KeyReused             an idempotency key came back with another body
├── PersonErased          the personal data of this person were destroyed on request
├── PersonalDataDamaged   an encrypted field fails its authentication
└── NotFound              no record of that id

No message carries personal data: ids, names of guards and paths only.
"""

from __future__ import annotations


class StorageError(Exception):
    """Root of everything storage raises on purpose."""

    retryable = False


class KeyFileError(StorageError):
    """The key file is missing, readable by others, damaged, or lacks a key."""


class DatabaseError(StorageError):
    """The database cannot be opened."""


class DatabaseMissing(DatabaseError):
    """No file at that place."""


class DatabaseExists(DatabaseError):
    """A new database was asked for where something lies already."""


class FolderOpenToOthers(DatabaseError):
    """Other accounts of the machine can enter the data folder."""


class NotAWardflowDatabase(DatabaseError):
    """The file is something else than a wardflow database."""


class WrongKey(DatabaseError):
    """The key file does not belong to this database."""


class DatabaseInUse(DatabaseError):
    """Another process has the hospital open."""


class NewerSchema(DatabaseError):
    """The database was written by a newer wardflow."""


class OlderSchema(DatabaseError):
    """The database was written by an older wardflow and must be migrated first."""


class StorageFails(StorageError):
    """The database does not store, or has not answered in time; it is tried again and again."""

    retryable = True


class GuardViolation(StorageError):
    """The database refused a write.

    ``guard`` is the name of the trigger, constraint or compare-and-set that refused.
    """

    retryable = True

    def __init__(self, guard: str) -> None:
        self.guard = guard
        super().__init__(f"Refused by {guard!r}: the hospital changed meanwhile. Decide again.")


class WriterError(StorageError):
    """A command was not carried out."""


class QueueFull(WriterError):
    """Too many commands wait for the writer."""

    retryable = True

    def __init__(self, waiting: int, retry_after_seconds: int) -> None:
        self.retry_after_seconds = retry_after_seconds
        super().__init__(f"{waiting} commands wait already; try again in {retry_after_seconds} s.")


class WriterClosed(WriterError):
    """The writer has stopped; the process is shutting down."""

    retryable = True


class CommitFailed(WriterError):
    """The batch could not be stored and nothing of it was kept."""

    retryable = True


class OutcomeUnknown(CommitFailed):
    """The database did not say whether it stored the batch; the same command with the same key finds out."""


class Contended(WriterError):
    """A command was decided several times and refused by a guard each time."""

    retryable = True

    def __init__(self, command: str, guard: str, attempts: int) -> None:
        self.guard = guard
        super().__init__(f"{command!r} was refused {attempts} times, last by {guard!r}; send it again.")


class KeyReused(StorageError):
    """An idempotency key came back with another body."""

    def __init__(self) -> None:
        super().__init__(
            "This idempotency key was used before with another body. Use a new key for a new command."
        )


class PersonErased(StorageError):
    """The personal data of this person were destroyed on request and cannot be read again."""

    def __init__(self, person_id: str) -> None:
        super().__init__(f"The personal data of {person_id!r} were erased.")


class PersonalDataDamaged(StorageError):
    """An encrypted field fails its authentication: it was altered, moved, or written with another key."""


class NotFound(StorageError):
    """No record of that id."""

    def __init__(self, kind: str, record_id: str) -> None:
        self.kind = kind
        self.record_id = record_id
        super().__init__(f"There is no {kind} {record_id!r}.")
