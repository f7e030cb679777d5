using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace GpuGrants.Api.Contract;

/// <summary>Refuses a contract for which something is listed that it does not have: a renamed member would lose its words unseen.</summary>
internal sealed class Leftovers : IDocumentFilter
{
    public void Apply(OpenApiDocument swaggerDoc, DocumentFilterContext context)
    {
        var schemas = swaggerDoc.Components!.Schemas!;
        var operations = swaggerDoc
            .Paths.SelectMany(path => path.Value.Operations!.Values)
            .Select(operation => operation.OperationId!)
            .ToHashSet();
        var gone = Words
            .Members.Where(name =>
                name.Split('.') is not [var schema, var member]
                || !schemas.TryGetValue(schema, out var found)
                || found.Properties?.ContainsKey(member) != true
            )
            .Concat(AnswerCodes.OperationsWithOwn.Where(name => !operations.Contains(name)))
            .ToList();
        if (gone.Count > 0)
            throw new InvalidOperationException($"Contract/Words.cs and AnswerCodes.cs list what is gone: {string.Join(", ", gone)}.");
    }
}
