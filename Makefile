# `make up` runs the platform, `make test` runs every test. Both install missing packages first.
SHELL := /bin/sh
STATE ?= .rendertrust
SCRATCH ?= .build
RENDERTRUST := $(SCRATCH)/release/rendertrust

.PHONY: up down build images test fuzz check bench soak fmt docs setup

# Converges manifests/dev and keeps it converged until Ctrl-C.
up: setup build
	@scripts/images.sh start
	@scripts/with-engine.sh $(STATE) $(RENDERTRUST) up manifests/dev --state $(STATE)

# Stops the private Docker engine and the registry, which `make up` leaves running.
down:
	@scripts/images.sh stop
	@scripts/docker-engine.sh stop $(STATE)/docker

build:
	@scripts/build-release.sh rendertrust $(SCRATCH)
	@ln -sf rendertrust $(SCRATCH)/release/rendertrust-cli

images: setup
	@scripts/images.sh start

test: setup check
	swift build --build-tests --scratch-path $(SCRATCH) --explicit-target-dependency-import-check error
	@scripts/build-release.sh rendertrust $(SCRATCH)
	@scripts/docs.sh $(RENDERTRUST) check
	@scripts/smoke.sh $(RENDERTRUST)
	@scripts/seeds.sh $(SCRATCH) 2000
	@scripts/seeds.sh $(SCRATCH) --refactorings 5000
	@scripts/tests.sh $(SCRATCH)
	@scripts/fuzz.sh 60 $(SCRATCH)/fuzz

# Searches for manifests that crash, hang or change in a round trip, for FUZZ_SECONDS.
fuzz: setup
	@scripts/fuzz.sh $(or $(FUZZ_SECONDS),600) $(SCRATCH)/fuzz

# Checks without building: format, file lengths, imports, language, SQL, purity of planners.
check:
	@scripts/check.sh

bench: setup build
	@Benchmarks/run.sh $(SCRATCH)

soak: setup
	@scripts/soak.sh $(SCRATCH)

# Generates the reference of kinds and of the server from the program.
docs: build
	@scripts/docs.sh $(RENDERTRUST)

fmt:
	swift format --in-place --recursive Package.swift Sources Tests Benchmarks

setup:
	@scripts/setup.sh
