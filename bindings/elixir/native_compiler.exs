unless Code.ensure_loaded?(Mix.Tasks.Compile.TenonNative) do
  defmodule Mix.Tasks.Compile.TenonNative do
    @moduledoc """
    Builds the NIF and libtenon with CMake into the build folder of this application.

    `TENON_LIB_DIR` names a folder with a libtenon.so that is built already; then only the NIF is compiled.
    New files are made aside and renamed into place, so a failing build leaves the old ones alone.
    """
    use Mix.Task.Compiler

    @recursive true
    @here __DIR__

    @impl true
    def run(args) do
      app = Mix.Project.app_path()
      priv = Path.join(app, "priv")
      nif = Path.join(priv, "tenon_nif.so")
      key_file = Path.join(app, "native.key")
      key = inspect({@here, include_dir(), lib_dir(), System.get_env("CC"), System.get_env("CXX"), library_stamp()})

      fresh? =
        "--force" not in args and File.exists?(nif) and File.read(key_file) == {:ok, key} and
          not Mix.Utils.stale?(sources(), [nif])

      if fresh? do
        {:noop, []}
      else
        with :ok <- cmake(Path.join(app, "native")),
             :ok <- install(Path.join(app, "native"), priv) do
          File.write!(key_file, key)
          {:ok, []}
        else
          {:failed, output} -> {:error, [diagnostic(output)]}
        end
      end
    end

    @impl true
    def clean do
      app = Mix.Project.app_path()
      File.rm_rf!(Path.join(app, "native"))
      File.rm_rf!(Path.join(app, "priv"))
      File.rm(Path.join(app, "native.key"))
      :ok
    end

    defp sources do
      # Without a library of its own the build depends on the whole source tree.
      own = Path.wildcard(Path.join(@here, "c_src/*"))
      if lib_dir(), do: own, else: own ++ Path.wildcard(Path.join(@here, "../../{src,include}/**/*.{cpp,h,def,tn}"))
    end

    defp lib_dir do
      case System.get_env("TENON_LIB_DIR") do
        empty when empty in [nil, ""] -> nil
        dir -> Path.expand(dir)
      end
    end

    # A library that was built again must be copied again.
    defp library_stamp do
      with dir when dir != nil <- lib_dir(),
           {:ok, stat} <- File.stat(Path.join(dir, "libtenon.so")) do
        {stat.size, stat.mtime}
      else
        _ -> nil
      end
    end

    defp include_dir, do: Path.join([:code.root_dir(), "usr", "include"])

    defp cmake(build) do
      # CMake refuses a cache that was made for another place.
      case File.read(Path.join(build, "CMakeCache.txt")) do
        {:ok, cache} ->
          unless String.contains?(cache, "CMAKE_HOME_DIRECTORY:INTERNAL=#{Path.join(@here, "c_src")}\n"),
            do: File.rm_rf!(build)

        _ ->
          :ok
      end

      options =
        ["-DCMAKE_BUILD_TYPE=Release", "-DERTS_INCLUDE_DIR=#{include_dir()}"] ++
          # A machine may have ninja and no make; a build that was begun keeps its generator.
          if(System.find_executable("ninja") && !File.exists?(Path.join(build, "CMakeCache.txt")), do: ["-G", "Ninja"], else: []) ++
          if(lib_dir(), do: ["-DTENON_LIB_DIR=#{lib_dir()}"], else: ["-UTENON_LIB_DIR"])

      with :ok <- sh(["-S", Path.join(@here, "c_src"), "-B", build] ++ options),
           do: sh(["--build", build, "--parallel", "#{System.schedulers_online()}"])
    end

    defp sh(args) do
      case System.find_executable("cmake") do
        nil ->
          {:failed, "cmake was not found; it builds the NIF of :tenon"}

        cmake ->
          case System.cmd(cmake, args, stderr_to_stdout: true) do
            {_, 0} -> :ok
            {output, _} -> {:failed, output}
          end
      end
    end

    defp install(build, priv) do
      File.mkdir_p!(priv)

      for name <- ["libtenon.so.1", "tenon_nif.so"] do
        # A new inode: a VM that has the old file mapped keeps it.
        aside = Path.join(priv, ".#{name}.#{System.unique_integer([:positive])}")
        File.cp!(Path.join([build, "out", name]), aside)
        File.rename!(aside, Path.join(priv, name))
      end

      :ok
    end

    defp diagnostic(output) do
      Mix.shell().error(output)

      %Mix.Task.Compiler.Diagnostic{
        compiler_name: "tenon_native",
        file: Path.join(@here, "c_src/CMakeLists.txt"),
        message: "the NIF did not build:\n" <> output,
        position: nil,
        severity: :error
      }
    end
  end
end
