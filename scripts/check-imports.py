#!/usr/bin/env python3
"""Checks that imports follow the layers of ARCHITECTURE.md. Prints violations; exit code 1 if there is one.

    scripts/check-imports.py [ROOT]
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parent.parent
SOURCES = ROOT / "Sources"

# From the bottom up. A module imports modules of lower layers only, and inside a layer only what BESIDE
# names.
LAYERS = [
    ["CLibYAML", "CLibPQ", "CLibCurl", "CLibZstd", "COpenSSL"],
    ["Model", "Concurrency"],
    ["Manifests", "Planning", "Reconciling", "DRIVERS"],
    ["ControllerState", "KindSupport"],
    ["ContainerSupport", "Ledger"],
    ["KINDS", "Billing", "JobModel", "Placement", "JobStore", "Autoscaling", "NodeRunner", "SchedulerKind"],
    ["Gateway"],
    ["ControlPlane"],
    ["rendertrust"],
]
BESIDE = {
    "DockerEngine": ["HTTP"], "StripeAPI": ["HTTP"], "ObjectStorage": ["HTTP"],
    "Placement": ["JobModel"],
    "JobStore": ["Placement", "JobModel"],
    "SchedulerKind": ["JobStore", "Autoscaling", "Placement"],
}
# Modules that are shared more widely than their layer, so that they import almost nothing; all that they may
# import.
ONLY = {
    "Concurrency": [],
    "Planning": ["Model"],
    "Reconciling": ["Model", "Concurrency"],
    "Manifests": ["Model", "CLibYAML"],
    "JobModel": ["Model"],
    "Placement": ["JobModel", "Model"],
    "NodeRunner": ["JobModel", "Model", "Concurrency", "Reconciling", "HTTP", "ContainerSupport"],
    "Gateway": ["JobModel", "Reconciling", "Model"],
}


def modules():
    """The name of each module and its folder."""
    found = {}
    for folder in sorted(SOURCES.iterdir()):
        if folder.name in ("Kinds", "Jobs", "Drivers", "System"):
            found.update({inner.name: inner for inner in folder.iterdir() if inner.is_dir()})
        elif folder.is_dir():
            found[folder.name] = folder
    return found


def layer_of(module, folder):
    for number, names in enumerate(LAYERS):
        if module in names:
            return number
    if folder.parent.name == "Drivers":
        return next(n for n, names in enumerate(LAYERS) if "DRIVERS" in names)
    if folder.parent.name == "Kinds":
        return next(n for n, names in enumerate(LAYERS) if "KINDS" in names)
    return None


def main():
    folders = modules()
    layers = {name: layer_of(name, folder) for name, folder in folders.items()}
    findings = [
        f"{name}: scripts/check-imports.py names no layer for it" for name in folders if layers[name] is None]
    for name, folder in folders.items():
        for file in sorted(folder.rglob("*.swift")):
            for line in file.read_text(encoding="utf-8").splitlines():
                found = re.match(r"(?:@\w+ )?(?:package |internal |private |public )?import (\w+)$", line)
                if not found or found.group(1) not in folders or found.group(1) == name:
                    continue
                other = found.group(1)
                allowed = (
                    other in ONLY[name] if name in ONLY
                    else (layers[other] or 0) < (layers[name] or 0) or other in BESIDE.get(name, [])
                )
                if not allowed:
                    findings.append(f"{file.relative_to(ROOT)}: {name} must not import {other}")
    print("\n".join(findings))
    sys.exit(1 if findings else 0)


main()
