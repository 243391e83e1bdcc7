"""Why the disk or the database said no, in Spanish: their own words are English."""

from __future__ import annotations

_SPANISH = {
    "No space left on device": "no queda espacio en el disco",
    "Disk quota exceeded": "se acabó la cuota de disco",
    "Permission denied": "no hay permiso",
    "Operation not permitted": "no hay permiso",
    "Read-only file system": "el disco es de solo lectura",
    "No such file or directory": "no existe el archivo o la carpeta",
    "Not a directory": "hay un archivo donde debería haber una carpeta",
    "File exists": "hay un archivo donde debería haber una carpeta",
    "Is a directory": "hay una carpeta donde debería haber un archivo",
    "Input/output error": "el disco no responde bien",
    "Stale file handle": "se perdió la conexión con la carpeta de red",
    "Too many open files": "hay demasiados archivos abiertos",
    "database is locked": "otro proceso la está usando",
    "database or disk is full": "no queda espacio en el disco",
    "disk I/O error": "el disco no responde bien",
    "unable to open database file": "no se puede abrir el archivo",
    "file is not a database": "el archivo no es una base de datos",
    "database disk image is malformed": "el archivo está dañado",
    "attempt to write a readonly database": "no hay permiso para escribir en ella",
}


def in_spanish(reason: str | None) -> str:
    """The reason in Spanish; as given where we have no word for it."""
    return _SPANISH.get(reason or "", reason or "")
