namespace GpuGrants.Api; public sealed partial class Program { public static void Main() { } }
