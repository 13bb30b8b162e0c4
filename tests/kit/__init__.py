"""What tests stand on: a platform that answers, a workplace beside it, months by hand, archives.

``platform``   the sandbox's platform listening or answering in this process, and the clock that both sides share
``workplace``  a platform, a configuration and an archive in a folder: the job, a command or a process runs there
``months``     answers of accounts in a few words, the evidence they make, and the books that follow
``archives``   small archives, sealed without a job
``reviewed``   one real archive of three months for all who read archives, made once a session
"""
