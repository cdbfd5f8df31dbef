# Two commands do everything: `make up` runs the platform, `make test` proves it. Both install what is missing.
SHELL := /bin/sh
STATE ?= .rendertrust
SCRATCH ?= .build
RENDERTRUST := $(SCRATCH)/release/rendertrust
# A module that imports another which Package.swift does not give it breaks the build.
STRICT := --explicit-target-dependency-import-check error

.PHONY: up down build images test fuzz check bench soak fmt docs setup

# Converges manifests/dev and keeps it so until Ctrl-C.
up: setup build
	@scripts/images.sh start
	@scripts/with-engine.sh $(STATE) $(RENDERTRUST) up manifests/dev --state $(STATE)

# Stops what `make up` leaves running for the next start: the private Docker engine and the registry.
down:
	@scripts/images.sh stop
	@scripts/docker-engine.sh stop $(STATE)/docker

build:
	swift build -c release --product rendertrust --scratch-path $(SCRATCH) $(STRICT)
	@ln -sf rendertrust $(SCRATCH)/release/rendertrust-cli

images: setup
	@scripts/images.sh start

test: setup check
	swift build --build-tests --scratch-path $(SCRATCH) $(STRICT)
	swift build -c release --product rendertrust --scratch-path $(SCRATCH) $(STRICT)
	@scripts/docs.sh $(RENDERTRUST) check
	@scripts/smoke.sh $(RENDERTRUST)
	@scripts/seeds.sh $(SCRATCH) 2000
	@scripts/tests.sh $(SCRATCH)
	@scripts/fuzz.sh 60 $(SCRATCH)/fuzz

# Looks for manifests that crash, hang or do not come back as they were; FUZZ_SECONDS says for how long.
fuzz: setup
	@scripts/fuzz.sh $(or $(FUZZ_SECONDS),600) $(SCRATCH)/fuzz

# What can be said without building: format, lengths of files, arrows between modules, purity of planners.
check:
	@scripts/check.sh

bench: setup build
	@Benchmarks/run.sh $(SCRATCH)

soak: setup
	@scripts/soak.sh $(SCRATCH)

# The reference of kinds, from the program's own descriptions.
docs: build
	@scripts/docs.sh $(RENDERTRUST)

fmt:
	swift format --in-place --recursive Package.swift Sources Tests Benchmarks

setup:
	@scripts/setup.sh
