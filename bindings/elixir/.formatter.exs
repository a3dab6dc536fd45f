[inputs: ["{mix,.formatter,native_compiler}.exs", "{lib,test}/**/*.{ex,exs}"]]
