"""What tests stand on: a platform that answers, a workplace beside it, months by hand, archives.

``platform``   the sandbox's platform listening or answering in this process, and the clock that both sides share
``workplace``  a platform, a configuration and an archive in a folder: the job, a command or a process runs there
``office``     a workplace whose job runs at one instant after another, and may be killed
``months``     answers of accounts in a few words, the evidence they make, and the books that follow
``sample``, ``page_months``, ``small_books``, ``large_month``   months and books that what is published is tested with
``opened``, ``one_sheet``, ``pages``   workbooks and pages as their readers open them
``archives``   small archives, sealed without a job
``reviewed``   one real archive of three months for all who read archives, made once a session
"""
