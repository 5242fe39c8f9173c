# What Python programs import; nothing of it is compiled.
dist_vldata_DATA += %D%/pytest_vdelab.py %D%/vdelab.py %D%/vdelab_nixos.py
EXTRA_DIST += tests/python/tap.py tests/python/test_client.py \
	tests/python/test_nixos.py tests/python/test_pytest.py \
	tests/python/test_run.py
