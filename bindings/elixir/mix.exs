# The compiler task must exist before Mix.compilers/0 is asked for it.
Code.require_file("native_compiler.exs", __DIR__)

defmodule Tenon.MixProject do
  use Mix.Project

  def project do
    [
      app: :tenon,
      version: "0.1.0",
      elixir: "~> 1.14",
      compilers: [:tenon_native] ++ Mix.compilers(),
      # No dependency, not even for development: everything works offline.
      deps: [],
      description: "Compile and call Tenon scripts: statically typed, machine code, safe to embed"
    ]
  end

  def application, do: [extra_applications: [:logger]]
end
