/// What Docker 20.10 reports about a container that RenderTrust 0.4.0 created, and about its image.
enum StoredInspection {
  static let container = #"""
    {
     "Id": "6a6d2ca60ebbb6e2d391808b922b49efa0920243efbb441b12ee293c12568ecb",
     "Created": "2026-11-29T12:13:20.321040305Z",
     "Path": "httpd",
     "Args": [
      "-f",
      "-p",
      "8080",
      "-h",
      "/www"
     ],
     "State": {
      "Status": "running",
      "Running": true,
      "Paused": false,
      "Restarting": false,
      "OOMKilled": false,
      "Dead": false,
      "Pid": 3531,
      "ExitCode": 0,
      "Error": "",
      "StartedAt": "2026-11-29T12:13:20.765588806Z",
      "FinishedAt": "0001-01-01T00:00:00Z",
      "Health": {
       "Status": "healthy",
       "FailingStreak": 0,
       "Log": []
      }
     },
     "Image": "sha256:28388ce719892d4ed81924c24eb4fce49e832973117af3007b0c1825befafe4f",
     "Name": "/rt-0123456789abcdef-service-web-0-abcdef",
     "RestartCount": 0,
     "HostConfig": {
      "Binds": null,
      "LogConfig": {
       "Type": "json-file",
       "Config": {
        "max-file": "3",
        "max-size": "10485760"
       }
      },
      "NetworkMode": "bridge",
      "PortBindings": {
       "8080/tcp": [
        {
         "HostIp": "127.0.0.1",
         "HostPort": "9150"
        }
       ]
      },
      "RestartPolicy": {
       "Name": "unless-stopped",
       "MaximumRetryCount": 0
      },
      "AutoRemove": false,
      "VolumeDriver": "",
      "VolumesFrom": null,
      "CapAdd": [
       "CAP_CHOWN",
       "NET_BIND_SERVICE"
      ],
      "CapDrop": [
       "ALL"
      ],
      "CgroupnsMode": "host",
      "Dns": null,
      "DnsOptions": null,
      "DnsSearch": null,
      "ExtraHosts": null,
      "GroupAdd": null,
      "IpcMode": "private",
      "Cgroup": "",
      "Links": null,
      "OomScoreAdj": 0,
      "PidMode": "",
      "Privileged": false,
      "PublishAllPorts": false,
      "ReadonlyRootfs": true,
      "SecurityOpt": [
       "no-new-privileges"
      ],
      "Tmpfs": {
       "/tmp": "rw,noexec,nosuid,nodev,mode=1777,size=67108864,uid=1000,gid=1000"
      },
      "UTSMode": "",
      "UsernsMode": "",
      "ShmSize": 67108864,
      "Runtime": "runc",
      "Isolation": "",
      "CpuShares": 0,
      "Memory": 536870912,
      "NanoCpus": 1000000000,
      "CgroupParent": "",
      "BlkioWeight": 0,
      "CpuPeriod": 0,
      "CpuQuota": 0,
      "CpuRealtimePeriod": 0,
      "CpuRealtimeRuntime": 0,
      "CpusetCpus": "",
      "CpusetMems": "",
      "Devices": null,
      "DeviceCgroupRules": null,
      "DeviceRequests": null,
      "KernelMemory": 0,
      "KernelMemoryTCP": 0,
      "MemoryReservation": 0,
      "MemorySwap": 536870912,
      "MemorySwappiness": null,
      "OomKillDisable": false,
      "PidsLimit": 256,
      "Ulimits": null,
      "CpuCount": 0,
      "CpuPercent": 0,
      "Mounts": [
       {
        "Type": "volume",
        "Source": "rt-0123456789abcdef-service-web-data",
        "Target": "/data"
       }
      ],
      "MaskedPaths": [
       "/proc/asound",
       "/proc/acpi",
       "/proc/kcore",
       "/proc/keys",
       "/proc/latency_stats",
       "/proc/timer_list",
       "/proc/timer_stats",
       "/proc/sched_debug",
       "/proc/scsi",
       "/sys/firmware"
      ],
      "ReadonlyPaths": [
       "/proc/bus",
       "/proc/fs",
       "/proc/irq",
       "/proc/sys",
       "/proc/sysrq-trigger"
      ],
      "Init": true
     },
     "Mounts": [
      {
       "Type": "volume",
       "Name": "rt-0123456789abcdef-service-web-data",
       "Source": "/var/lib/docker/volumes/rt-0123456789abcdef-service-web-data/_data",
       "Destination": "/data",
       "Driver": "local",
       "Mode": "z",
       "RW": true,
       "Propagation": ""
      }
     ],
     "Config": {
      "Hostname": "6a6d2ca60ebb",
      "Domainname": "",
      "User": "1000:1000",
      "AttachStdin": false,
      "AttachStdout": false,
      "AttachStderr": false,
      "ExposedPorts": {
       "8080/tcp": {}
      },
      "Tty": false,
      "OpenStdin": false,
      "StdinOnce": false,
      "Env": [
       "LEVEL=info",
       "TOKEN=not-to-be-seen",
       "PATH=/bin",
       "HOME=/data"
      ],
      "Cmd": [
       "httpd",
       "-f",
       "-p",
       "8080",
       "-h",
       "/www"
      ],
      "Healthcheck": {
       "Test": [
        "CMD",
        "wget",
        "-q",
        "-O",
        "/dev/null",
        "http://127.0.0.1:8080/health"
       ],
       "Interval": 5000000000,
       "Timeout": 5000000000,
       "StartPeriod": 60000000000,
       "Retries": 3
      },
      "Image": "registry.test/web@sha256:c50b9a400e7e50f00678c0562eb1155684e14c40ac8c32c8de9faac1d5a94518",
      "Volumes": null,
      "WorkingDir": "/",
      "Entrypoint": null,
      "OnBuild": null,
      "Labels": {
       "org.opencontainers.image.title": "web",
       "org.opencontainers.image.version": "1.0",
       "rendertrust.com/owner": "0123456789abcdef",
       "rendertrust.com/replica": "0",
       "rendertrust.com/resource": "Service/web",
       "rendertrust.com/spec": "LABEL"
      },
      "StopTimeout": 10
     },
     "NetworkSettings": {
      "Ports": {
       "8080/tcp": [
        {
         "HostIp": "127.0.0.1",
         "HostPort": "9150"
        }
       ]
      },
      "IPAddress": "10.193.16.2",
      "Networks": {
       "bridge": {
        "Gateway": "10.193.16.1",
        "IPAddress": "10.193.16.2"
       }
      }
     }
    }
    """#

  static let image = #"""
    {
     "Id": "sha256:28388ce719892d4ed81924c24eb4fce49e832973117af3007b0c1825befafe4f",
     "Config": {
      "User": "65532:65532",
      "ExposedPorts": {
       "8080/tcp": {}
      },
      "Env": [
       "PATH=/bin",
       "HOME=/data"
      ],
      "Cmd": [
       "httpd",
       "-f",
       "-p",
       "8080",
       "-h",
       "/www"
      ],
      "Volumes": null,
      "WorkingDir": "/",
      "Entrypoint": null,
      "Labels": {
       "org.opencontainers.image.title": "web",
       "org.opencontainers.image.version": "1.0"
      }
     }
    }
    """#
}
