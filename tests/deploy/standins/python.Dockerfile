# What python:3.13-slim is, out of this machine's own interpreter, with the wheels of the pins.
FROM standin/debian
COPY python /usr/local
COPY wheels /wheels
RUN ldconfig && ln -sf python3.13 /usr/local/bin/python3 && ln -sf python3 /usr/local/bin/python \
    && python -c "import ctypes, lzma, sqlite3, ssl, venv"
ENV PIP_NO_INDEX=1 PIP_FIND_LINKS=/wheels
CMD ["python3"]
