"""Writes a configuration from nested dicts: dict -> [table], list of dicts -> [[table]], scalars and lists -> values."""


def _value(v):
    if isinstance(v, bool):
        return "true" if v else "false"
    if isinstance(v, int):
        return str(v)
    if isinstance(v, (list, tuple)):
        return "[" + ", ".join(_value(x) for x in v) + "]"
    return '"' + str(v).replace("\\", "\\\\").replace('"', '\\"') + '"'


def dumps(table, prefix=""):
    plain, nested = [], []
    for key, value in table.items():
        if value is None:
            continue
        name = f"{prefix}{key}"
        if isinstance(value, dict):
            nested.append(f"\n[{name}]\n" + dumps(value, name + "."))
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            nested += [f"\n[[{name}]]\n" + dumps(row, name + ".") for row in value]
        else:
            plain.append(f"{key} = {_value(value)}\n")
    return "".join(plain) + "".join(nested)


def merged(base, extra):
    """`extra` over `base`, table by table; lists are replaced, None removes a key."""
    out = dict(base)
    for key, value in extra.items():
        if isinstance(value, dict) and isinstance(out.get(key), dict):
            out[key] = merged(out[key], value)
        else:
            out[key] = value
    return out
