SELECT {job_columns}, j.input, j.output, j.artefacts FROM jobs j WHERE j.id = $1
